# Posteriors by brms: means, SDs and quantiles of the population parameters, with their Monte Carlo errors.
# Run: Rscript tests/reference/bayes.R [one fit, for example bayes_sleepstudy]
#
# The data are those of the JSON files beside this program. Two sources are simulated here and kept in their own JSON.
# Every prior is written down, per coefficient, on the raw scale of the data: slopes are per week, and no column is centred
# (`0 + Intercept`). `check_program` reads the Stan program and stops if it has any other prior.
# SDs have half-Student-t priors, correlation matrices LKJ(2); nu of the t has gamma(2, 0.1) cut off below 1.
#
# Constants of the two simulations, per week where it is a rate; "assumption" is what has no source.
#   heavy tails: baseline 37 (SD 5.5), slope -1.0 a month (SD 0.70), correlation 0.2      as in cohorts.R
#     Student-t(4) residuals of scale 1.5; 40 subjects, 8 visits, every 6 weeks            assumption
#   below the limit: IL-6 log-normal, median 3 pg/mL, SD(ln) 0.6, residual SD(ln) 0.3      as in cohorts.R
#     ln-slope 0.005 (SD 0.012), anakinra -0.01, correlation 0.3; 7 visits, every 8 weeks  assumption
#     limit of quantification 2.2 pg/mL, so that about 40% of the values are below it      assumption
suppressPackageStartupMessages({
  library(brms)
  library(posterior)
  library(jsonlite)
})

KNOT <- 24
CHAINS <- 4
WARMUP <- 2000
KEPT <- 10000
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])))
options(mc.cores = 2)

# ---------------------------------------------------------------- data

as_table <- function(content) {
  data <- as.data.frame(lapply(content$data, unlist), stringsAsFactors = FALSE)
  for (name in names(content$levels)) data[[name]] <- factor(data[[name]], levels = unlist(content$levels[[name]]))
  data
}

phases <- function(data) {
  if ("week" %in% names(data)) { data$p1 <- pmin(data$week, KNOT); data$p2 <- pmax(data$week - KNOT, 0) }
  data
}

draw_effects <- function(n, sd, cor) matrix(rnorm(2 * n), n) %*% chol(diag(sd) %*% matrix(c(1, cor, cor, 1), 2) %*% diag(sd))

two_arms <- function(seed, weeks, sd, cor, base, slopes, residuals) {
  set.seed(seed)
  n <- 40
  b <- draw_effects(n, sd, cor)
  i <- rep(seq_len(n), each = length(weeks)); week <- rep(weeks, n)
  arm <- rep_len(c("anakinra", "control"), n)[i]
  y <- base + b[i, 1] + (slopes[arm] + b[i, 2]) * week + residuals(length(i))
  data.frame(subject = sprintf("S%03d", i), week = week, arm = arm, y = unname(y))
}

heavy_tails <- function() {
  a_month <- 365.25 / 12 / 7
  data <- two_arms(301, seq(0, 42, by = 6), c(5.5, 0.70 / a_month), 0.2, 37, c(control = -1, anakinra = -1) / a_month,
                   function(n) 1.5 * rt(n, 4))
  data$score <- round(data$y, 2)
  data$y <- NULL
  list(simulation = "simulated by bayes.R (synthetic): 40 subjects, 8 visits, residuals are Student-t(4) of scale 1.5",
       levels = list(arm = c("control", "anakinra")), data = as.list(data))
}

below_lloq <- function() {
  limit <- 2.2
  data <- two_arms(302, seq(0, 48, by = 8), c(0.6, 0.012), 0.3, log(3), c(control = 0.005, anakinra = -0.005),
                   function(n) rnorm(n, 0, 0.3))
  value <- round(exp(data$y), 3)
  data$y <- NULL
  data$il6 <- pmax(value, limit)
  data$il6_censored <- ifelse(value < limit, "left", "none")
  list(simulation = "simulated by bayes.R (synthetic): 40 subjects, 7 visits, a log-normal marker; values below 2.2 are at 2.2 and marked",
       lloq = limit, levels = list(arm = c("control", "anakinra")), data = as.list(data))
}

# ---------------------------------------------------------------- the fits

slow <- c(0, 0.5)
scores <- list(`(Intercept)` = c(38, 10), armanakinra = c(0, 5))
two_phases <- c(scores, list(p1 = slow, p2 = slow, `armanakinra:p1` = c(0, 0.25), `armanakinra:p2` = c(0, 0.25)))
one_phase <- c(scores, list(week = slow, `armanakinra:week` = c(0, 0.25)))
three_effects <- list(`(Intercept)` = 5, p1 = 0.25, p2 = 0.25)

FITS <- list(
  bayes_cohort_balanced = list(
    source = "cohort_balanced", name = "two_phase", seed = 401,
    als = "alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)",
    formula = alsfrs_r ~ 0 + Intercept + arm + p1 + p2 + arm:p1 + arm:p2 + (1 + p1 + p2 | subject),
    fixed = two_phases, sd = three_effects, sigma = 2.5),
  bayes_cohort_ragged = list(
    source = "cohort_ragged", name = "linear", seed = 402,
    als = "alsfrs_r ~ arm * week + (week | subject)",
    formula = alsfrs_r ~ 0 + Intercept + arm + week + arm:week + (1 + week | subject),
    fixed = one_phase, sd = list(`(Intercept)` = 5, week = 0.25), sigma = 2.5),
  bayes_cohort_biomarker = list(
    source = "cohort_biomarker", name = "independent", seed = 404,
    als = "log(il6) ~ arm * phase(week, 24) + (1 | subject) + (0 + p1 | subject)",
    formula = log(il6) ~ 0 + Intercept + arm + p1 + p2 + arm:p1 + arm:p2 + (1 + p1 || subject),
    fixed = list(`(Intercept)` = c(1, 1), armanakinra = c(0, 0.5), p1 = c(0, 0.05), p2 = c(0, 0.05),
                 `armanakinra:p1` = c(0, 0.025), `armanakinra:p2` = c(0, 0.025)),
    sd = list(`(Intercept)` = 1, p1 = 0.02), correlated = FALSE, sigma = 0.5),
  bayes_cohort_shared_baseline = list(
    source = "cohort_shared_baseline", name = "shared_baseline", seed = 405,
    als = "alsfrs_r ~ phase(week, 24) + arm:phase(week, 24) + (phase(week, 24) | subject)",
    formula = alsfrs_r ~ 0 + Intercept + p1 + p2 + p1:arm + p2:arm + (1 + p1 + p2 | subject),
    fixed = list(`(Intercept)` = c(38, 10), p1 = slow, p2 = slow, `p1:armlow` = c(0, 0.25), `p1:armhigh` = c(0, 0.25),
                 `p2:armlow` = c(0, 0.25), `p2:armhigh` = c(0, 0.25)),
    sd = three_effects, sigma = 2.5),
  bayes_sleepstudy = list(
    source = "sleepstudy", name = "correlated", seed = 406,
    als = "Reaction ~ Days + (Days | subject)",
    formula = Reaction ~ 0 + Intercept + Days + (1 + Days | subject),
    fixed = list(`(Intercept)` = c(250, 50), Days = c(0, 10)), sd = list(`(Intercept)` = 40, Days = 10), sigma = 30),
  bayes_heavy_tails = list(
    simulate = heavy_tails, name = "student", seed = 407,
    als = "score ~ arm * week + (week | subject)",
    formula = score ~ 0 + Intercept + arm + week + arm:week + (1 + week | subject),
    fixed = one_phase, sd = list(`(Intercept)` = 5, week = 0.25), sigma = 2, nu = c(2, 0.1)),
  bayes_below_lloq = list(
    simulate = below_lloq, name = "censored", seed = 408,
    als = "log(il6) ~ arm * week + (week | subject)",
    formula = log(il6) | cens(il6_censored) ~ 0 + Intercept + arm + week + arm:week + (1 + week | subject),
    fixed = list(`(Intercept)` = c(1, 1), armanakinra = c(0, 0.5), week = c(0, 0.05), `armanakinra:week` = c(0, 0.025)),
    sd = list(`(Intercept)` = 1, week = 0.02), sigma = 0.5))

in_brms <- function(term) sub("(Intercept)", "Intercept", term, fixed = TRUE)

priors_of <- function(m) {
  out <- empty_prior()
  for (t in names(m$fixed)) out <- out + set_prior(sprintf("normal(%g, %g)", m$fixed[[t]][1], m$fixed[[t]][2]), class = "b", coef = in_brms(t))
  for (t in names(m$sd)) out <- out + set_prior(sprintf("student_t(3, 0, %g)", m$sd[[t]]), class = "sd", group = "subject", coef = in_brms(t))
  if (!isFALSE(m$correlated)) out <- out + set_prior("lkj(2)", class = "cor")
  out <- out + set_prior(sprintf("student_t(3, 0, %g)", m$sigma), class = "sigma")
  if (!is.null(m$nu)) out <- out + set_prior(sprintf("gamma(%g, %g)", m$nu[1], m$nu[2]), class = "nu")
  out
}

# The Stan program's priors, statement by statement, are those asked for and no others.
check_program <- function(code, standata, data, m) {
  # The k-th coefficient and the k-th SD of the program are those of the k-th prior.
  stopifnot(identical(colnames(standata$X), in_brms(names(m$fixed))), standata$M_1 == length(m$sd))
  for (k in seq_along(m$sd)) {
    term <- names(m$sd)[k]
    stopifnot(all(standata[[paste0("Z_1_", k)]] == if (term == "(Intercept)") 1 else data[[term]]))
  }
  half <- function(name, scale) sprintf("student_t_lpdf(%s | 3, 0, %g) - 1 * student_t_lccdf(0 | 3, 0, %g)", name, scale, scale)
  asked <- c(
    vapply(seq_along(m$fixed), function(k) sprintf("normal_lpdf(b[%d] | %g, %g)", k, m$fixed[[k]][1], m$fixed[[k]][2]), ""),
    vapply(seq_along(m$sd), function(k) half(sprintf("sd_1[%d]", k), m$sd[[k]]), ""),
    half("sigma", m$sigma),
    if (!isFALSE(m$correlated)) "lkj_corr_cholesky_lpdf(L_1 | 2)",
    if (!is.null(m$nu)) sprintf("gamma_lpdf(nu | %g, %g) - 1 * gamma_lccdf(1 | %g, %g)", m$nu[1], m$nu[2], m$nu[1], m$nu[2]))
  flat <- gsub("\\s+", " ", gsub("//[^\n]*", "", code))
  statements <- function(name) {
    found <- regmatches(flat, gregexpr(paste0(name, " \\+= [^;]*;"), flat))[[1]]
    sub(";$", "", sub(paste0("^", name, " \\+= "), "", found))
  }
  stopifnot(setequal(statements("lprior"), asked), length(statements("lprior")) == length(asked))
  rest <- statements("target")
  of_effects <- if (isFALSE(m$correlated)) sprintf("std_normal_lpdf(z_1[%d])", seq_along(m$sd)) else "std_normal_lpdf(to_vector(z_1))"
  likelihood <- "^(normal_id_glm|normal|student_t)_(lpdf|lcdf|lccdf)\\((Y|Y\\[n\\]) \\| "
  stopifnot(all(c("lprior", of_effects) %in% rest), all(grepl(likelihood, setdiff(rest, c("lprior", of_effects)))))
  stopifnot(grepl("real<lower=0> sigma;", flat, fixed = TRUE), grepl("vector<lower=0>[M_1] sd_1;", flat, fixed = TRUE),
            is.null(m$nu) || grepl("real<lower=1> nu;", flat, fixed = TRUE), !grepl("Xc|means_X", flat))
}

# ---------------------------------------------------------------- what the draws say

summaries <- function(draws, variables) {
  of <- function(f) I(unname(vapply(variables, function(v) f(extract_variable_matrix(draws, v)), 0)))
  list(mean = of(mean), sd = of(sd), mcse_mean = of(mcse_mean), mcse_sd = of(mcse_sd),
       q5 = of(function(x) quantile(x, 0.05)), q50 = of(function(x) quantile(x, 0.50)), q95 = of(function(x) quantile(x, 0.95)),
       ess_bulk = of(ess_bulk))
}

alone <- function(block) lapply(block, function(x) unbox(as.numeric(x)))

fit_one <- function(m, data) {
  family <- if (is.null(m$nu)) gaussian() else student()
  prior <- priors_of(m)
  standata <- make_standata(m$formula, data, family = family, prior = prior)
  code <- make_stancode(m$formula, data, family = family, prior = prior)
  print(validate_prior(prior, m$formula, data, family = family))
  check_program(code, standata, data, m)
  adapt_delta <- if (is.null(m$adapt_delta)) 0.95 else m$adapt_delta
  fit <- brm(m$formula, data, family = family, prior = prior, chains = CHAINS, warmup = WARMUP, iter = WARMUP + KEPT, cores = 2,
             seed = m$seed, control = list(adapt_delta = adapt_delta), save_pars = save_pars(group = FALSE), refresh = 4000)
  draws <- as_draws_array(fit)
  terms <- names(m$fixed); effects <- names(m$sd)
  b <- paste0("b_", in_brms(terms)); sds <- paste0("sd_subject__", in_brms(effects))
  pairs <- if (isFALSE(m$correlated)) list() else combn(seq_along(effects), 2, simplify = FALSE)
  pairs <- pairs[order(vapply(pairs, max, 0L))]
  cors <- vapply(pairs, function(p) sprintf("cor_subject__%s__%s", in_brms(effects[p[1]]), in_brms(effects[p[2]])), "")
  population <- c(b, sds, cors, "sigma", if (!is.null(m$nu)) "nu")
  stopifnot(setequal(population, setdiff(variables(draws), c("lprior", "lp__", if (is.null(m$nu)) "nu"))),
            all(vapply(c(sds, "sigma"), function(v) min(extract_variable(draws, v)) > 0, NA)))
  matrices <- lapply(setNames(nm = population), function(v) extract_variable_matrix(draws, v))
  steps <- nuts_params(fit)
  sampler <- list(
    chains = CHAINS, warmup = WARMUP, seed = m$seed, adapt_delta = adapt_delta,
    divergences = sum(steps$Value[steps$Parameter == "divergent__"]),
    at_max_treedepth = sum(steps$Value[steps$Parameter == "treedepth__"] >= 10),
    max_rhat = max(vapply(matrices, rhat, 0)), min_ess_bulk = min(vapply(matrices, ess_bulk, 0)),
    min_ess_tail = min(vapply(matrices, ess_tail, 0)))
  print(summarise_draws(subset_draws(draws, population)), n = Inf)
  cat(sprintf("  divergences %d, at the largest tree %d, largest R-hat %.5f, smallest bulk ESS %.0f, tail ESS %.0f, seconds by chain %s\n",
              sampler$divergences, sampler$at_max_treedepth, sampler$max_rhat, sampler$min_ess_bulk, sampler$min_ess_tail,
              paste(round(rowSums(rstan::get_elapsed_time(fit$fit))), collapse = " ")))
  if (sampler$max_rhat >= 1.005 || sampler$min_ess_bulk <= 4000 || sampler$divergences > 0.0005 * CHAINS * KEPT)
    warning("not converged: ", m$name, immediate. = TRUE)
  priors <- list(fixed = lapply(m$fixed, I), sd = lapply(m$sd, function(s) I(c(3, s))))
  if (length(pairs)) priors$lkj <- unbox(2)
  priors$sigma <- I(c(3, m$sigma))
  if (!is.null(m$nu)) priors$nu <- I(m$nu)
  out <- list(
    formula = unbox(m$als), r_formula = unbox(paste(deparse(m$formula, width.cutoff = 500), collapse = "")),
    family = unbox(family$family), priors = priors, terms = terms, re_terms = effects, n_draws = unbox(CHAINS * KEPT),
    beta = summaries(draws, b), sd = summaries(draws, sds),
    cor = c(list(pairs = lapply(pairs, function(p) effects[p])), summaries(draws, cors)),
    sigma = alone(summaries(draws, "sigma")))
  if (!is.null(m$nu)) out$nu <- alone(summaries(draws, "nu"))
  out$sampler <- lapply(sampler, unbox)
  out
}

run <- function(file) {
  m <- FITS[[file]]
  cat(file, "\n")
  own <- if (is.null(m$source)) m$simulate()
  content <- if (is.null(own)) fromJSON(file.path(here, paste0(m$source, ".json")))[c("levels", "data")]
             else fromJSON(toJSON(own, digits = I(10)))          # as the file will hold them
  started <- Sys.time()
  fit <- fit_one(m, phases(as_table(content)))
  versions <- c(list(R = paste(R.version$major, R.version$minor, sep = ".")),
                lapply(setNames(nm = c("brms", "rstan", "posterior")), function(p) as.character(packageVersion(p))))
  out <- list(program = unbox("bayes.R"), versions = lapply(versions, unbox))
  out <- if (is.null(own)) c(out, list(source = unbox(m$source)))
         else c(out, lapply(own[setdiff(names(own), c("levels", "data"))], unbox), own[c("levels", "data")])
  out$fits <- setNames(list(fit), m$name)
  path <- file.path(here, paste0(file, ".json"))
  writeLines(toJSON(out, digits = I(10), na = "null"), path)
  cat(sprintf("%s: %.0f kB, %.1f minutes\n", file, file.size(path) / 1000, as.numeric(Sys.time() - started, units = "mins")))
}

asked <- commandArgs(trailingOnly = TRUE)
for (file in if (length(asked)) asked else names(FITS)) run(match.arg(file, names(FITS)))
