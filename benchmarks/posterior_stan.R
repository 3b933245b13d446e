# The two-phase model by brms or rstanarm, for posterior_times.py, on the raw scale.
# Run: Rscript posterior_stan.R ENGINE FOLDER, with frame.csv and priors.json there; writes draws.csv and times.json beside
# them. brms has the priors of the others, coefficient by coefficient, and compiles its program before it samples, which
# is timed apart. rstanarm comes compiled and has the same priors but for the SDs, which get its own (decov).
started <- proc.time()
engine <- commandArgs(TRUE)[1]
folder <- commandArgs(TRUE)[2]
suppressPackageStartupMessages({
  library(engine, character.only = TRUE)
  library(jsonlite)
})
imported <- proc.time() - started

seconds_of <- function(expression) system.time(expression)[["elapsed"]]

sample_brms <- function(frame, asked) {
  frame$arm <- factor(frame$arm, levels = c("control", "treated"))
  terms <- c("Intercept", "armtreated", "p1", "p2", "armtreated:p1", "armtreated:p2")
  effects <- c("Intercept", "p1", "p2")
  prior <- set_prior(sprintf("student_t(3, 0, %.10g)", asked$residual), class = "sigma") + set_prior("lkj(2)", class = "cor")
  for (k in seq_along(terms))
    prior <- prior + set_prior(sprintf("normal(%.10g, %.10g)", asked$mean[k], asked$sd[k]), class = "b", coef = terms[k])
  for (k in seq_along(effects))
    prior <- prior + set_prior(sprintf("student_t(3, 0, %.10g)", asked$scale[k]), class = "sd", group = "subject", coef = effects[k])
  formula <- y ~ 0 + Intercept + arm + p1 + p2 + arm:p1 + arm:p2 + (1 + p1 + p2 | subject)
  compile_s <- seconds_of(
    program <- brm(formula, frame, prior = prior, chains = 0, save_pars = save_pars(group = FALSE), silent = 2))
  fit <- update(program, recompile = FALSE, chains = asked$chains, warmup = asked$draws, iter = 2 * asked$draws,
                cores = asked$cores, seed = asked$seed, refresh = 0, silent = 2)
  pairs <- c("Intercept__p1", "Intercept__p2", "p1__p2")
  names <- c(paste0("b_", terms), paste0("sd_subject__", effects), paste0("cor_subject__", pairs), "sigma")
  list(stanfit = fit$fit, compile_s = compile_s, draws = as.array(fit$fit, pars = names)[, , names])
}

sample_rstanarm <- function(frame, asked) {
  frame <- transform(frame, one = 1, treated = as.numeric(arm == "treated"))  # no intercept: it would be centred
  half <- asked$draws %/% 2  # of these and of the warm-up: it takes some hundred steps a draw here
  fit <- stan_lmer(y ~ 0 + one + treated + p1 + p2 + treated:p1 + treated:p2 + (1 + p1 + p2 | subject), frame,
                   prior = normal(asked$mean, asked$sd, autoscale = FALSE),
                   prior_aux = student_t(3, 0, asked$residual, autoscale = FALSE), prior_covariance = decov(2),
                   chains = asked$chains, warmup = half, iter = 2 * half, cores = asked$cores, seed = asked$seed, refresh = 0)
  found <- as.array(fit)
  covariance <- function(a, b) found[, , sprintf("Sigma[subject:%s,%s]", a, b)]
  effects <- c("(Intercept)", "p1", "p2")
  sds <- lapply(effects, function(one) sqrt(covariance(one, one)))
  correlation <- function(a, b) covariance(effects[a], effects[b]) / (sds[[a]] * sds[[b]])
  fixed <- lapply(c("one", "treated", "p1", "p2", "treated:p1", "treated:p2"), function(name) found[, , name])
  parts <- c(fixed, sds, list(correlation(2, 1), correlation(3, 1), correlation(3, 2), found[, , "sigma"]))
  list(stanfit = fit$stanfit, compile_s = 0, draws = simplify2array(parts))
}

frame <- read.csv(file.path(folder, "frame.csv"), colClasses = c(subject = "character"))
asked <- fromJSON(file.path(folder, "priors.json"))
started <- proc.time()
found <- suppressWarnings(get(paste0("sample_", engine))(frame, asked))
taken <- proc.time() - started
draws <- do.call(rbind, lapply(seq_len(asked$chains), function(chain) found$draws[, chain, ]))
write.csv(data.frame(draws), file.path(folder, "draws.csv"), row.names = FALSE)
chains <- rstan::get_elapsed_time(found$stanfit)
sum_of <- function(times) unname(sum(times[c("user.self", "sys.self", "user.child", "sys.child")], na.rm = TRUE))
versions <- lapply(setNames(nm = c(engine, "rstan")), function(name) as.character(packageVersion(name)))
write_json(c(list(import_s = imported[["elapsed"]], fit_s = taken[["elapsed"]], compile_s = found$compile_s,
                  cpu_s = sum_of(taken), longest_chain_s = max(rowSums(chains))), versions),
           file.path(folder, "times.json"), auto_unbox = TRUE, digits = 6)
