# Questions by other roads: emmeans for means, changes, subgroups and ratios; ranef for conditional SDs; anova for
# likelihood ratios. The cohorts are those that cohorts.R wrote. Run: Rscript tests/reference/questions.R
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])), "fitting.R"))
suppressPackageStartupMessages(library(emmeans))
emm_options(lmer.df = "satterthwaite", lmerTest.limit = 1e5, pbkrtest.limit = 0)
set.seed(6)

read_cohort <- function(name) {
  content <- fromJSON(file.path(here, paste0(name, ".json")))
  cohort <- as.data.frame(content$data, stringsAsFactors = FALSE)
  for (column in names(content$levels)) cohort[[column]] <- factor(cohort[[column]], levels = content$levels[[column]])
  cohort$p1 <- pmin(cohort$week, 24); cohort$p2 <- pmax(cohort$week - 24, 0)
  cohort
}

# A linear function of estimated marginal means, with Satterthwaite's t; and on the scale of the response.
asked <- function(grid, weights, log = FALSE) {
  one <- contrast(grid, list(asked = weights))
  told <- as.data.frame(confint(one)); tested <- as.data.frame(test(one))
  out <- list(estimate = told$estimate, std_error = told$SE, df = told$df, lower = told$lower.CL, upper = told$upper.CL,
              p_value = tested$p.value)
  if (log) out$ratio <- list(estimate = exp(told$estimate), std_error = exp(told$estimate) * told$SE,
                             lower = exp(told$lower.CL), upper = exp(told$upper.CL))
  out
}

# Two phases, with a subgroup that differs in all.
covariates <- read_cohort("cohort_covariates")
people <- covariates[!duplicated(covariates$subject), ]
covariates$sex <- factor(covariates$sex); people$sex <- factor(people$sex)
phases <- fit_tight(alsfrs_r ~ arm * (p1 + p2) * sex + age + (p1 + p2 | subject), covariates, TRUE)$fit
# week 0, 24, 36 and 48, each as its own reference grid of arm by sex, held at the mean age of the subjects
at_week <- function(week) emmeans(phases, ~ arm * sex, at = list(p1 = min(week, 24), p2 = max(week - 24, 0), age = mean(people$age)))
grids <- rbind(at_week(0), at_week(24), at_week(36), at_week(48), adjust = "none")
share <- mean(people$sex == levels(people$sex)[1])
cells <- as.data.frame(at_week(0))
by_subjects <- function(arm) (cells$arm == arm) * ifelse(cells$sex == levels(people$sex)[1], share, 1 - share)
in_group <- function(arm, sex) 1 * (cells$arm == arm & cells$sex == sex)
place <- function(row, number) { out <- rep(0, 4 * length(row)); out[(number - 1) * length(row) + seq_along(row)] <- row; out }
arms <- levels(covariates$arm); control <- arms[1]; treated <- arms[2]
group <- levels(people$sex)[1]
questions <- list(
  mean = asked(grids, place(by_subjects(treated), 3)),
  change_from_baseline = asked(grids, place(by_subjects(treated), 4) - place(by_subjects(treated), 1)),
  change_difference = asked(grids, place(by_subjects(treated), 4) - place(by_subjects(treated), 1)
                                 - place(by_subjects(control), 4) + place(by_subjects(control), 1)),
  average_slope = asked(grids, (place(by_subjects(treated), 4) - place(by_subjects(treated), 1)) / (48 / PER_MONTH)),
  subgroup_mean = asked(grids, place(in_group(treated, group), 3)),
  subgroup_difference = asked(grids, place(in_group(treated, group), 3) - place(in_group(control, group), 3)),
  subgroup_slope_difference = asked(grids, (place(in_group(treated, group), 4) - place(in_group(treated, group), 2)
                                  - place(in_group(control, group), 4) + place(in_group(control, group), 2)) / (24 / PER_MONTH)))
fits <- list(covariates = list(
  source = "cohort_covariates", alsmodels_formula = "alsfrs_r ~ arm * phase(week, 24) * sex + age + (phase(week, 24) | subject)",
  arm = treated, reference = control, at = list(sex = group), weeks = list(mean = 36, change = 48), questions = questions))

# The logarithm of a marker.
marker <- read_cohort("cohort_biomarker")
outcome <- setdiff(names(marker), c("subject", "week", "arm", "p1", "p2", "age", "sex"))[1]
marker$y <- log(marker[[outcome]])
linear <- fit_tight(y ~ arm * week + (week || subject), marker, TRUE)$fit
lines <- rbind(emmeans(linear, ~ arm, at = list(week = 0)), emmeans(linear, ~ arm, at = list(week = 24)), adjust = "none")
stopifnot(nlevels(marker$arm) == 2)
fits$marker <- list(
  source = "cohort_biomarker", alsmodels_formula = sprintf("log(%s) ~ arm * week + (week || subject)", outcome),
  arm = levels(marker$arm)[2], reference = levels(marker$arm)[1],
  questions = list(
    mean = asked(lines, c(0, 0, 0, 1), TRUE),
    difference = asked(lines, c(0, 0, -1, 1), TRUE),
    change_from_baseline = asked(lines, c(0, -1, 0, 1), TRUE),
    slope = asked(lines, c(0, -1, 0, 1) / (24 / PER_MONTH), TRUE),
    slope_difference = asked(lines, c(1, -1, -1, 1) / (24 / PER_MONTH), TRUE)))

# Conditional SDs of the random effects, and likelihood ratios.
ragged <- read_cohort("cohort_ragged")
one <- fit_tight(alsfrs_r ~ arm * week + (week | subject), ragged, TRUE)$fit
effects <- ranef(one, condVar = TRUE)$subject
variances <- attr(effects, "postVar")
fits$effects <- list(
  source = "cohort_ragged", alsmodels_formula = "alsfrs_r ~ arm * week + (week | subject)",
  sd = setNames(lapply(seq_len(nrow(effects)), function(i) I(sqrt(diag(variances[, , i])))), rownames(effects)))

ml <- function(formula, method = FALSE) fit_tight(formula, ragged, method)$fit
ratio <- function(smaller, larger, formulas, method) {
  table <- anova(smaller, larger, refit = FALSE)
  list(smaller = formulas[1], larger = formulas[2], method = method, chi_square = table$Chisq[2], df = table$Df[2],
       p_value = table[["Pr(>Chisq)"]][2], aic = I(table$AIC), bic = I(table$BIC))
}
texts <- c(additive = "alsfrs_r ~ arm + week + (week | subject)", full = "alsfrs_r ~ arm * week + (week | subject)",
           intercept = "alsfrs_r ~ arm * week + (1 | subject)")
models <- lapply(texts, function(text) ml(as.formula(text)))
reml <- lapply(texts[c("full", "intercept")], function(text) ml(as.formula(text), TRUE))
fits$likelihood_ratios <- list(source = "cohort_ragged", tests = list(
  ratio(models$additive, models$full, unname(texts[c("additive", "full")]), "ML"),
  ratio(models$intercept, models$full, unname(texts[c("intercept", "full")]), "ML"),
  ratio(reml$intercept, reml$full, unname(texts[c("intercept", "full")]), "REML")))

versions <- list(emmeans = as.character(packageVersion("emmeans")))
write_reference("questions.json", "questions.R", "the cohorts of cohorts.R", fits, extra = list(more_versions = versions))
