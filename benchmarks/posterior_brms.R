# The two-phase model by brms, for posterior_times.py: the same priors, coefficient by coefficient, on the raw scale.
# Run: Rscript posterior_brms.R FOLDER, with frame.csv and priors.json there; writes draws.csv and times.json beside them.
started <- proc.time()
suppressPackageStartupMessages({
  library(brms)
  library(jsonlite)
})
imported <- proc.time() - started

folder <- commandArgs(TRUE)[1]
frame <- read.csv(file.path(folder, "frame.csv"), colClasses = c(subject = "character"))
frame$arm <- factor(frame$arm, levels = c("control", "treated"))
asked <- fromJSON(file.path(folder, "priors.json"))

formula <- y ~ 0 + Intercept + arm + p1 + p2 + arm:p1 + arm:p2 + (1 + p1 + p2 | subject)
terms <- c("Intercept", "armtreated", "p1", "p2", "armtreated:p1", "armtreated:p2")
effects <- c("Intercept", "p1", "p2")
prior <- set_prior(sprintf("student_t(3, 0, %.10g)", asked$residual), class = "sigma") + set_prior("lkj(2)", class = "cor")
for (k in seq_along(terms))
  prior <- prior + set_prior(sprintf("normal(%.10g, %.10g)", asked$mean[k], asked$sd[k]), class = "b", coef = terms[k])
for (k in seq_along(effects))
  prior <- prior + set_prior(sprintf("student_t(3, 0, %.10g)", asked$scale[k]), class = "sd", group = "subject", coef = effects[k])

started <- proc.time()
fit <- brm(formula, frame, prior = prior, chains = asked$chains, warmup = asked$draws, iter = 2 * asked$draws, cores = asked$cores,
           seed = asked$seed, save_pars = save_pars(group = FALSE), refresh = 0, silent = 2)
taken <- proc.time() - started

pairs <- c("Intercept__p1", "Intercept__p2", "p1__p2")
names <- c(paste0("b_", terms), paste0("sd_subject__", effects), paste0("cor_subject__", pairs), "sigma")
draws <- do.call(rbind, lapply(seq_len(asked$chains), function(chain) {
  own <- as.array(fit$fit, pars = names)[, chain, names]
  data.frame(chain = chain, own, check.names = FALSE)
}))
write.csv(draws, file.path(folder, "draws.csv"), row.names = FALSE)
chains <- rstan::get_elapsed_time(fit$fit)
sum_of <- function(times) unname(sum(times[c("user.self", "sys.self", "user.child", "sys.child")], na.rm = TRUE))
write_json(list(import_s = imported[["elapsed"]], fit_s = taken[["elapsed"]], cpu_s = sum_of(taken),
                longest_chain_s = max(rowSums(chains)), brms = as.character(packageVersion("brms")),
                rstan = as.character(packageVersion("rstan"))),
           file.path(folder, "times.json"), auto_unbox = TRUE, digits = 6)
