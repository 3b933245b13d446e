# lme4, nlme and glmmTMB for the benchmarks of fits: a process that fits what it is told to, one line in and one line out.
#
# In, with tabs between:   load    FILE  FIXED  RANDOM    reads a table and prepares what stands outside the clock
#                          fit     PEER  WAY              fits once
#                          memory  PEER  WAY              fits once and looks at the most memory held
# Out, as JSON: {"versions": ...} at the start, {} when a table is loaded, of a fit its seconds, taken inside R, and its
# answer, of memory the MB before and at most, or {"error": ...}. Needs lme4, nlme and jsonlite; glmmTMB if it is there.
suppressMessages({library(lme4); library(nlme); library(jsonlite)})
packages <- c("lme4", "nlme", if (requireNamespace("glmmTMB", quietly = TRUE)) "glmmTMB")

say <- function(...) cat(toJSON(list(...), auto_unbox = TRUE, digits = NA), "\n", sep = "")

quietly <- function(fit) suppressWarnings(suppressMessages(fit))

load <- function(file, fixed, random) {
  text <- read.csv(file, colClasses = c(subject = "character"))
  lmer <- as.formula(paste("y ~", fixed, "+ (", random, "| subject)"))
  list(frame = text, parsed = lFormula(lmer, text), lmer = lmer,
       fixed = as.formula(paste("y ~", fixed)), random = as.formula(paste("~", random, "| subject")))
}

# From the parsed formula on, without the derivatives at the end: lme4's own advice where time matters (?lmerControl).
fit_parsed <- function(case) {
  criterion <- do.call(mkLmerDevfun, case$parsed)
  found <- optimizeLmer(criterion, calc.derivs = FALSE)
  mkMerMod(environment(criterion), found, case$parsed$reTrms, fr = case$parsed$fr)
}

fits <- list(
  "lme4" = function(case, way) lmer(case$lmer, case[[way]]),
  "lme4, calc.derivs = FALSE" = function(case, way) {
    if (way == "arrays") fit_parsed(case)
    else lmer(case$lmer, case[[way]], control = lmerControl(calc.derivs = FALSE))
  },
  "nlme" = function(case, way) lme(case$fixed, case[[way]], random = case$random),
  "glmmTMB" = function(case, way) glmmTMB::glmmTMB(case$lmer, case[[way]], REML = TRUE)
)

answer <- function(fit) UseMethod("answer")

answer.merMod <- function(fit) {
  told <- fit@optinfo$conv
  said <- paste(c(told$lme4$messages, if (any(told$opt != 0)) paste("code", told$opt)), collapse = "; ")
  list(beta = unname(fixef(fit)), covariance = unname(as.matrix(VarCorr(fit)$subject)[, ]), sigma2 = sigma(fit)^2,
       said = if (nzchar(said)) said else "converged", std_errors = unname(sqrt(diag(as.matrix(vcov(fit))))))
}

answer.lme <- function(fit) {
  covariance <- unname(as.matrix(getVarCov(fit))[, ])
  list(beta = unname(fixef(fit)), covariance = covariance, sigma2 = fit$sigma^2, said = "converged",
       std_errors = unname(sqrt(diag(vcov(fit)))))
}

answer.glmmTMB <- function(fit) {
  found <- c(if (fit$fit$convergence != 0) fit$fit$message, if (!fit$sdr$pdHess) "Hessian not positive definite")
  list(beta = unname(glmmTMB::fixef(fit)$cond), covariance = unname(as.matrix(glmmTMB::VarCorr(fit)$cond$subject)[, ]),
       sigma2 = sigma(fit)^2, said = if (length(found)) paste(found, collapse = "; ") else "converged",
       std_errors = unname(sqrt(diag(vcov(fit)$cond))))
}

time_fit <- function(case, peer, way) {
  start <- Sys.time()
  fit <- quietly(fits[[peer]](case, way))
  seconds <- as.numeric(difftime(Sys.time(), start, units = "secs"))
  c(list(seconds = seconds), answer(fit))
}

held_mb <- function(what) {
  line <- grep(paste0("^", what, ":"), readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) * 1024 / 1e6
}

# What Linux holds as the most is set back to what is held now, so that reading the table does not count.
measure_memory <- function(case, peer, way) {
  invisible(gc())
  cat("5", file = "/proc/self/clear_refs")
  before <- held_mb("VmRSS")
  seconds <- time_fit(case, peer, way)$seconds
  list(before_mb = before, peak_mb = held_mb("VmHWM"), fit_s = seconds)
}

main <- function() {
  say(versions = c(list(R = as.character(getRversion())), lapply(setNames(nm = packages), function(name)
    as.character(packageVersion(name)))))
  lines <- file("stdin", "r")
  while (length(line <- readLines(lines, 1)) == 1) {
    asked <- strsplit(line, "\t", fixed = TRUE)[[1]]
    if (asked[1] == "load") {
      case <- load(asked[2], asked[3], asked[4])
      cat("{}\n")
    } else {
      measure <- if (asked[1] == "fit") time_fit else measure_memory
      told <- tryCatch(measure(case, asked[2], asked[3]), error = function(e) list(error = conditionMessage(e)))
      do.call(say, told)
    }
    flush(stdout())
  }
}

main()
