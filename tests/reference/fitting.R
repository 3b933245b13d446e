# What every program of this folder shares: an lme4 fit taken to the optimum, and its JSON.
#
# How an optimum is verified. The profiled criterion of lme4 is minimised by four optimisers (minqa's bobyqa,
# NLopt's bobyqa, lme4's Nelder-Mead, nlminb) from the default start and from random ones; the lowest end is
# polished by Newton steps on Richardson differences, a diagonal theta below 1e-4 also being tried at
# exactly zero, and the lower of the two kept. `verification` in the JSON says how many ends agreed to 1e-6 with the value
# that is reported, how far the two best optimisers' ends were from it, the largest free component of the gradient and the smallest
# eigenvalue of the Hessian over the free theta (zero, up to noise, where theta is not unique).
suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
  library(numDeriv)
  library(jsonlite)
})

PER_MONTH <- 365.25 / 12 / 7
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])))

tight <- list(
  minqa_bobyqa = function(f, start, lower)
    minqa::bobyqa(start, f, lower = lower, control = list(rhoend = 1e-9, maxfun = 1e5, iprint = 0))$par,
  nlopt_bobyqa = function(f, start, lower)
    nloptr::nloptr(start, f, lb = lower, ub = rep(Inf, length(lower)),
                   opts = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-12, ftol_abs = 1e-12, maxeval = 1e5))$solution,
  nelder_mead = function(f, start, lower)
    Nelder_Mead(f, start, lower = lower, control = list(maxfun = 1e4, FtolAbs = 1e-12, XtolRel = 1e-12,
                                                        warnOnly = 2))$par,
  nlminb = function(f, start, lower)
    nlminb(start, f, lower = lower, control = list(rel.tol = 1e-14, x.tol = 1e-12, iter.max = 1000, eval.max = 5000))$par
)

differences <- list(eps = 5e-3, zero.tol = 1, r = 4, d = 1e-4)

pseudo_solve <- function(H, g) {
  e <- eigen(H, symmetric = TRUE)
  keep <- e$values > 1e-6 * max(e$values)
  U <- e$vectors[, keep, drop = FALSE]
  drop(U %*% (crossprod(U, g) / e$values[keep]))
}

# Newton steps over the theta that are not held at zero.
polish <- function(f, theta, free) {
  along <- function(u, at = theta) { at[free] <- at[free] + u; f(at) }
  for (step in 1:30) {
    u0 <- rep(0, sum(free))
    g <- grad(along, u0, method.args = differences)
    H <- hessian(along, u0, method.args = differences)
    move <- pseudo_solve(H, g)
    while (along(-move) > along(u0) + 1e-9 && max(abs(move)) > 1e-11) move <- move / 2
    theta[free] <- theta[free] - move
    if (max(abs(move)) < 1e-10) break
  }
  u0 <- rep(0, sum(free))
  list(theta = theta, value = f(theta), gradient = max(abs(grad(along, u0, method.args = differences))),
       curvature = min(eigen(hessian(along, u0, method.args = differences), symmetric = TRUE)$values))
}

best_theta <- function(f, start, lower, n_random = 4) {
  starts <- c(list(start), lapply(seq_len(n_random), function(i) ifelse(lower == 0, runif(length(start), .05, 1.5), rnorm(length(start), 0, .4))))
  ends <- list()
  for (s in starts) for (o in names(tight)) {
    end <- tryCatch(suppressWarnings(tight[[o]](f, s, lower)), error = function(e) NULL)
    if (!is.null(end)) ends[[length(ends) + 1]] <- list(theta = pmax(end, lower), value = f(pmax(end, lower)), by = o)
  }
  values <- vapply(ends, `[[`, 0, "value")
  theta <- ends[[which.min(values)]]$theta
  polished <- list(polish(f, theta, !(lower == 0 & theta == 0)))
  small <- lower == 0 & abs(theta) < 1e-4
  if (any(small)) polished <- c(polished, list(polish(f, ifelse(small, 0, theta), !small)))
  polished <- Filter(function(p) all(p$theta >= lower), polished)
  best <- polished[[which.min(vapply(polished, function(p) p$value - 1e-9 * sum(p$theta == 0 & lower == 0), 0))]]
  by_optimiser <- vapply(names(tight), function(o) min(c(Inf, values[vapply(ends, `[[`, "", "by") == o])), 0) - best$value
  best$verification <- list(
    runs = length(ends), runs_that_agree_to_1e_6 = sum(abs(values - best$value) < 1e-6),
    lowest_end_minus_reported = min(values) - best$value,
    each_optimisers_best_minus_reported = as.list(by_optimiser),
    largest_gradient = best$gradient, smallest_curvature = best$curvature)
  best
}

# An lmer fit whose optimiser only returns the optimum that best_theta found; `weights` names a column, if there is one.
fit_tight <- function(formula, data, REML, n_random = 4, weights = NULL) {
  environment(formula) <- environment()
  data$reference_weights <- if (is.null(weights)) 1 else data[[weights]]
  quiet <- lmerControl(calc.derivs = FALSE, check.conv.singular = "ignore", check.rankX = "stop.deficient")
  f <- lme4::lmer(formula, data, REML = REML, control = quiet, devFunOnly = TRUE, weights = reference_weights)
  start <- as.numeric(environment(f)$pp$theta)
  best <- best_theta(f, start, environment(f)$lower, n_random)
  known <- function(fn, par, lower, upper, control, ...)
    list(par = best$theta, fval = fn(best$theta), conv = 0, convergence = 0, message = "", feval = 1)
  control <- lmerControl(optimizer = known, calc.derivs = FALSE, restart_edge = FALSE, boundary.tol = 0,
                         check.conv.singular = "ignore")
  assign("reference_data", data, envir = globalenv())
  assign("reference_control", control, envir = globalenv())
  assign("reference_formula", formula, envir = globalenv())
  fit <- if (REML) lmerTest::lmer(reference_formula, reference_data, REML = TRUE, control = reference_control,
                                    weights = reference_weights)
         else lme4::lmer(reference_formula, reference_data, REML = FALSE, control = reference_control,
                         weights = reference_weights)
  stopifnot(max(abs(getME(fit, "theta") - best$theta)) < 1e-12)
  list(fit = fit, verification = best$verification)
}

block_cor <- function(parts) {
  q <- sum(vapply(parts, nrow, 0L))
  out <- diag(q); at <- 0
  for (p in parts) { i <- at + seq_len(nrow(p)); out[i, i] <- attr(p, "correlation"); at <- at + nrow(p) }
  out
}

one_contrast <- function(fit, asked) {
  got <- contest1D(fit, asked$L, rhs = 0, confint = TRUE, level = 0.95, ddf = "Satterthwaite")
  c(asked[setdiff(names(asked), "L")],
    list(L = I(asked$L), estimate = got$Estimate, std_error = got[["Std. Error"]], df = got$df, lower = got$lower,
         upper = got$upper, p_value = got[["Pr(>|t|)"]]))
}

describe <- function(formula, data, REML, alsmodels_formula, contrasts = NULL, subjects = TRUE, n_random = 4,
                     weights = NULL) {
  made <- fit_tight(formula, data, REML, n_random, weights)
  fit <- made$fit
  parts <- VarCorr(fit)
  out <- list(
    formula = paste(deparse(formula, width.cutoff = 500), collapse = ""), alsmodels_formula = alsmodels_formula,
    method = if (REML) "REML" else "ML", n_obs = nobs(fit), n_subjects = unname(ngrps(fit)[1]),
    criterion = -2 * as.numeric(logLik(fit)), loglik = as.numeric(logLik(fit)),
    terms = I(names(fixef(fit))), beta = I(unname(fixef(fit))), std_error = I(unname(sqrt(diag(as.matrix(vcov(fit)))))),
    vcov = unname(as.matrix(vcov(fit))), sigma = sigma(fit), theta = I(unname(getME(fit, "theta"))),
    re_terms = I(unname(unlist(lapply(parts, rownames)))),
    sd = I(unname(unlist(lapply(parts, function(p) attr(p, "stddev"))))), cor = block_cor(parts),
    singular = isSingular(fit, tol = 1e-4))
  if (!is.null(weights)) out$weights <- weights
  if (REML) out$df <- I(unname(summary(fit, ddf = "Satterthwaite")$coefficients[, "df"]))
  if (subjects) {
    b <- ranef(fit, condVar = FALSE)[[1]]
    out$ranef <- setNames(lapply(seq_len(nrow(b)), function(i) I(as.numeric(b[i, ]))), rownames(b))
  }
  if (REML && length(contrasts)) out$contrasts <- lapply(contrasts, function(k) one_contrast(fit, k))
  out$verification <- made$verification
  # A correlation with a variance of zero is nothing: lme4 says NaN, JSON says null.
  cat(sprintf("  %-5s %s  criterion %.9f singular %s agree %d/%d gradient %.1e\n", out$method, out$formula, out$criterion,
              out$singular, out$verification$runs_that_agree_to_1e_6, out$verification$runs, out$verification$largest_gradient))
  out
}

both_methods <- function(name, formula, data, alsmodels_formula, contrasts = NULL, ...) {
  out <- list(describe(formula, data, TRUE, alsmodels_formula, contrasts, ...),
              describe(formula, data, FALSE, alsmodels_formula, contrasts, ...))
  setNames(out, paste(name, c("REML", "ML")))
}

# Data as the JSON will hold them, so that the fit and the file cannot differ in a last digit.
as_written <- function(data) {
  columns <- lapply(as.list(data), function(x) if (is.numeric(x)) fromJSON(toJSON(x, digits = NA)) else x)
  as.data.frame(columns, stringsAsFactors = FALSE)
}

write_reference <- function(file, program, source, fits, data = NULL, extra = list()) {
  versions <- c(list(R = paste(R.version$major, R.version$minor, sep = ".")),
                lapply(setNames(nm = c("lme4", "lmerTest", "nlme", "numDeriv")), function(p) as.character(packageVersion(p))))
  columns <- if (!is.null(data)) lapply(as.list(data), function(x) I(if (is.factor(x)) as.character(x) else x))
  levels <- if (!is.null(data)) lapply(Filter(is.factor, as.list(data)), function(x) I(levels(x)))
  out <- c(list(program = program, versions = versions, source = source), extra,
           if (!is.null(data)) list(levels = levels, data = columns), list(fits = fits))
  path <- file.path(here, file)
  writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, matrix = "rowmajor", na = "null", always_decimal = FALSE), path)
  cat(sprintf("%s: %.0f kB\n", file, file.size(path) / 1000))
}
