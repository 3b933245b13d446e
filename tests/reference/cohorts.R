# Simulated ALS-like cohorts and what lme4 and lmerTest say of them. Synthetic: no patient is in here.
# Run: Rscript tests/reference/cohorts.R
#
# Constants of the simulation, per month where it is a rate; "assumption" is what has no source.
#   baseline total 37 (SD 5.5), at most 48                     CENTAUR
#   phase slopes -1.19 then -0.85, SDs 0.93 and 0.90 (change), corr(phase 1, change) -0.84: valproate trial, so the
#     slope of phase 2 has SD 0.52 and correlation 0.34 with phase 1
#   one slope: -1.0 (SD 0.70)                                  HEALEY, PRECISION-ALS
#   corr(intercept, slope) 0.2; residual SD 1.8                valproate; HEALEY
#   age 57.5 (9.5), 67% male                                   CENTAUR, PRO-ACT
#   age effect -0.05 a year, male +0.5                         assumption
#   17 anakinra and 47 control                                 Maier et al. 2015; no effect on the slopes
#   three arms of 30                                           assumption; slowing by 25% in the high arm: HEALEY's preset
#   visits every 4 weeks to 52, jitter of up to 7 days         HEALEY
#   a visit is missed with probability 0.08                    assumption
#   dropout 2% a month and death 14% a year, as one constant hazard of 0.033 a month   HEALEY (sum and shape: assumption)
#   IL-6 log-normal, median 3 pg/mL, SD(ln) 0.6, ln-drift -0.02 a month (SD 0.03) in phase 1 and +0.03 in phase 2,
#     residual SD(ln) 0.3                                      assumption
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])), "fitting.R"))

KNOT <- 24
A_MONTH <- PER_MONTH        # weeks in a month, which is also how many times a slope per week is a slope per month

# ---------------------------------------------------------------- simulation

draw_effects <- function(n, sd, cor) {
  root <- chol(diag(sd) %*% cor %*% diag(sd))
  matrix(rnorm(n * length(sd)), n) %*% root
}

correlated <- function(...) { R <- diag(3); R[upper.tri(R)] <- c(...); R[lower.tri(R)] <- t(R)[lower.tri(R)]; R }
THREE <- list(sd = c(5.5, 0.93, 0.52), cor = correlated(0.2, 0.2, 0.34))

balanced_weeks <- function(n) rep(list(seq(0, 52, by = 4)), n)

ragged_weeks <- function(n, short = c(1, 1, 2, 2)) {
  lapply(seq_len(n), function(i) {
    planned <- seq(0, 52, by = 4)
    week <- c(0, planned[-1] + runif(length(planned) - 1, -1, 1))
    leaves <- rexp(1, 0.033) * A_MONTH
    week <- week[(runif(length(week)) > 0.08 | week == 0) & (week <= leaves | week == 0)]
    if (i <= length(short)) week <- head(week, short[i])
    round(week, 2)
  })
}

two_arms <- c(rep("anakinra", 17), rep("control", 47))

visits_of <- function(arm, weeks, b, slope1, slope2, sd_residual = 1.8, base = 37, shift = 0) {
  n <- length(arm)
  i <- rep(seq_len(n), lengths(weeks)); week <- unlist(weeks)
  p1 <- pmin(week, KNOT) / A_MONTH; p2 <- pmax(week - KNOT, 0) / A_MONTH
  mean <- base + rep_len(shift, n)[i] + rep_len(slope1, n)[i] * p1 + rep_len(slope2, n)[i] * p2
  y <- mean + b[i, 1] + b[i, 2] * p1 + b[i, 3] * p2 + rnorm(length(i), 0, sd_residual)
  data.frame(subject = sprintf("S%03d", i), week = week, arm = arm[i], y = y)
}

score <- function(y) pmin(pmax(round(y), 0), 48)

finish <- function(data, outcome, levels) {
  names(data)[names(data) == "y"] <- outcome
  data <- as_written(data)
  data$arm <- factor(data$arm, levels = levels)
  data
}

simulate_scores <- function(seed, weeks, effects, levels = c("control", "anakinra"), arm = two_arms, ...) {
  set.seed(seed)
  weeks <- weeks(length(arm))
  data <- visits_of(arm, weeks, draw_effects(length(arm), effects$sd, effects$cor), ...)
  data$y <- score(data$y)
  finish(data, "alsfrs_r", levels)
}

phases <- function(data) { data$p1 <- pmin(data$week, KNOT); data$p2 <- pmax(data$week - KNOT, 0); data }

# ---------------------------------------------------------------- questions, as rows of the design

row_of <- function(fixed, data, arm, week, p1 = pmin(week, KNOT), p2 = pmax(week - KNOT, 0), hold = list()) {
  at <- data.frame(arm = factor(arm, levels = levels(data$arm)), week = week, p1 = p1, p2 = p2)
  for (name in names(hold)) at[[name]] <- 0
  columns <- model.matrix(fixed, at)
  drop(columns) + replace(0 * drop(columns), names(hold), unlist(hold))
}

questions <- function(formula, data, hold = list(), phased = TRUE) {
  fixed <- nobars(formula)[-2]
  held <- unlist(hold)
  # Factors among the covariates enter as their 0/1 column, held at its mean.
  fixed_without <- if (length(hold)) update(fixed, as.formula(paste("~ . ", paste("-", names(hold), collapse = " ")))) else fixed
  terms <- colnames(model.matrix(fixed, phases(data)))
  row <- function(arm, ...) {
    some <- row_of(fixed_without, data, arm, ...)
    all <- setNames(rep(0, length(terms)), terms)
    all[names(some)] <- some
    for (name in names(hold)) all[grepl(paste0("^", name), terms)] <- held[[name]]
    unname(all)
  }
  slope <- function(arm, phase) {
    base <- row(arm, week = 0, p1 = 0, p2 = 0)
    A_MONTH * (row(arm, week = 0, p1 = as.numeric(phase == 1), p2 = as.numeric(phase == 2)) - base)
  }
  arms <- levels(data$arm); reference <- arms[1]
  out <- list()
  add <- function(name, L, ...) out[[name]] <<- list(..., L = L)
  for (a in arms) {
    if (phased) {
      for (k in 1:2) add(paste("slope phase", k, a), slope(a, k), kind = "slope", arm = a, phase = k)
      add(paste("change", a), slope(a, 2) - slope(a, 1), kind = "change", arm = a)
    }
    add(paste("mean", a, "at week 24"), row(a, week = 24), kind = "mean", arm = a, week = 24)
  }
  for (a in arms[-1]) {
    tail <- if (length(arms) > 2) paste0(" ", a) else ""
    if (phased) for (k in 1:2)
      add(paste0("slope_difference phase ", k, tail), slope(a, k) - slope(reference, k),
          kind = "slope_difference", arm = a, reference = reference, phase = k)
    for (w in c(24, 52))
      add(paste0("difference at week ", w, tail), row(a, week = w) - row(reference, week = w),
          kind = "difference", arm = a, reference = reference, week = w)
  }
  out
}

# ---------------------------------------------------------------- the cohorts

run <- function(file, what, data, models, held = list()) {
  cat(file, "\n")
  source <- paste("simulated by cohorts.R (synthetic):", what)
  fits <- list()
  for (name in names(models)) {
    m <- models[[name]]
    asked <- questions(m$formula, data, held, phased = !isFALSE(m$phased))
    fits <- c(fits, both_methods(name, m$formula, phases(data), m$als, asked))
  }
  write_reference(file, "cohorts.R", source, fits, data, extra = list(
    knot = KNOT, weeks_per_month = PER_MONTH, held_covariates = if (length(held)) held else NULL))
}

two_phase <- alsfrs_r ~ arm * (p1 + p2) + (p1 + p2 | subject)
two_phase_als <- "alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)"

run("cohort_balanced.json", "64 subjects, all at every 4 weeks to 52, three correlated random effects",
    simulate_scores(101, balanced_weeks, THREE, slope1 = -1.19, slope2 = -0.85),
    list("two_phase" = list(formula = two_phase, als = two_phase_als)))

run("cohort_ragged.json", "dropout, jittered and missed visits, two subjects with one visit and two with two; one random slope over both phases",
    simulate_scores(102, ragged_weeks, list(sd = c(5.5, 0.70, 0.70), cor = correlated(0.2, 0.2, 0.999999)), slope1 = -1.0, slope2 = -0.9),
    list("two_phase_week" = list(formula = alsfrs_r ~ arm * (p1 + p2) + (week | subject),
                                 als = "alsfrs_r ~ arm * phase(week, 24) + (week | subject)"),
         "linear" = list(formula = alsfrs_r ~ arm * week + (week | subject), als = "alsfrs_r ~ arm * week + (week | subject)", phased = FALSE)))

no_second <- list(sd = c(5.5, 0.93, 1e-9), cor = correlated(0.2, 0, 0))
run("cohort_singular.json", "the random slope of phase 2 has variance zero in truth; seed chosen so that the optimum is on the boundary",
    simulate_scores(211, balanced_weeks, no_second, slope1 = -1.19, slope2 = -0.85, sd_residual = 2.5),
    list("two_phase" = list(formula = two_phase, als = two_phase_als)))

run("cohort_trap.json", "as the singular cohort, but with an inner optimum; seed chosen because, from lme4's default start, bobyqa and nlminb stop far above the REML optimum with a diagonal theta at zero",
    simulate_scores(208, balanced_weeks, no_second, slope1 = -1.19, slope2 = -0.85, sd_residual = 2.5),
    list("two_phase" = list(formula = two_phase, als = two_phase_als)))

covariates <- simulate_scores(104, ragged_weeks, THREE, slope1 = -1.19, slope2 = -0.85)
people <- data.frame(subject = unique(covariates$subject))
people$age <- round(pmin(pmax(rnorm(nrow(people), 57.5, 9.5), 18), 80), 1)
people$sex <- ifelse(runif(nrow(people)) < 0.67, "male", "female")
covariates <- merge(covariates, people, by = "subject", sort = FALSE)
covariates$alsfrs_r <- score(covariates$alsfrs_r - 0.05 * (covariates$age - 57.5) + 0.5 * (covariates$sex == "male"))
covariates <- covariates[order(covariates$subject, covariates$week), ]
covariates <- as_written(transform(covariates, arm = as.character(arm)))
covariates$arm <- factor(covariates$arm, levels = c("control", "anakinra"))
covariates$sex <- factor(covariates$sex, levels = c("female", "male"))
run("cohort_covariates.json", "ragged, three correlated random effects, age and sex; questions hold age and the 0/1 column of sex at their mean over subjects",
    covariates,
    list("two_phase" = list(formula = alsfrs_r ~ arm * (p1 + p2) + age + sex + (p1 + p2 | subject),
                            als = "alsfrs_r ~ arm * phase(week, 24) + age + sex + (phase(week, 24) | subject)")),
    held = list(age = mean(people$age), sex = mean(people$sex == "male")))

three_arms <- rep(c("control", "low", "high"), each = 30)
run("cohort_shared_baseline.json", "three randomised arms of 30, ragged, one baseline for all",
    simulate_scores(105, ragged_weeks, THREE, levels = c("control", "low", "high"), arm = three_arms,
                    slope1 = -1.19 * c(control = 1, low = 1, high = 0.75)[three_arms],
                    slope2 = -0.85 * c(control = 1, low = 1, high = 0.75)[three_arms]),
    list("shared_baseline" = list(formula = alsfrs_r ~ p1 + p2 + arm:p1 + arm:p2 + (p1 + p2 | subject),
                                  als = "alsfrs_r ~ phase(week, 24) + arm:phase(week, 24) + (phase(week, 24) | subject)"),
         "separate_baseline" = list(formula = two_phase, als = two_phase_als)))

set.seed(106)
biomarker <- visits_of(two_arms, ragged_weeks(64), draw_effects(64, c(0.6, 0.03, 1e-9), diag(3)), base = log(3),
                       slope1 = -0.02, slope2 = 0.03, sd_residual = 0.3)
biomarker$y <- round(exp(biomarker$y), 3)
biomarker <- finish(biomarker, "il6", c("control", "anakinra"))
biomarker$p1 <- pmin(biomarker$week, KNOT)
run("cohort_biomarker.json", "a log-normal marker; p1 is min(week, 24), in the data so that it can stand alone in a random part",
    biomarker,
    list("independent" = list(formula = log(il6) ~ arm * (p1 + p2) + (1 | subject) + (0 + p1 | subject),
                              als = "log(il6) ~ arm * phase(week, 24) + (1 | subject) + (0 + p1 | subject)"),
         "independent_week" = list(formula = log(il6) ~ arm * (p1 + p2) + (1 | subject) + (0 + week | subject),
                                   als = "log(il6) ~ arm * phase(week, 24) + (week || subject)"),
         "quadratic" = list(formula = log(il6) ~ arm * (week + I(week^2)) + (week | subject),
                            als = "log(il6) ~ arm * (week + I(week**2)) + (week | subject)", phased = FALSE)))
