# lme4 and nlme for fit_times.py: a process that fits what it is told to, one line in and one line out.
#
# In, with tabs between:   load  FILE  FIXED  RANDOM      reads a table and prepares what stands outside the clock
#                          fit   PEER  WAY                fits once
# Out, as JSON: {"versions": ...} at the start, {} when a table is loaded, and of a fit its seconds, taken inside R, and
# its answer, or {"error": ...}. Needs lme4, nlme and jsonlite.
suppressMessages({library(lme4); library(nlme); library(jsonlite)})

say <- function(...) cat(toJSON(list(...), auto_unbox = TRUE, digits = NA), "\n", sep = "")

quietly <- function(fit) suppressWarnings(suppressMessages(fit))

load <- function(file, fixed, random) {
  text <- read.csv(file, colClasses = c(subject = "character"))
  numbers <- transform(text, subject = as.integer(subject), arm = as.numeric(arm == "b"))
  lmer <- as.formula(paste("y ~", fixed, "+ (", random, "| subject)"))
  list(frame = text, numbers = numbers, parsed = lFormula(lmer, text), lmer = lmer,
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
  "nlme" = function(case, way) lme(case$fixed, case[[way]], random = case$random)
)

answer <- function(fit) UseMethod("answer")

answer.merMod <- function(fit) {
  told <- fit@optinfo$conv
  said <- paste(c(told$lme4$messages, if (any(told$opt != 0)) paste("code", told$opt)), collapse = "; ")
  list(beta = unname(fixef(fit)), covariance = unname(as.matrix(VarCorr(fit)$subject)[, ]), sigma2 = sigma(fit)^2,
       said = if (nzchar(said)) said else "converged")
}

answer.lme <- function(fit) {
  covariance <- unname(as.matrix(getVarCov(fit))[, ])
  list(beta = unname(fixef(fit)), covariance = covariance, sigma2 = fit$sigma^2, said = "converged")
}

time_fit <- function(case, peer, way) {
  start <- Sys.time()
  fit <- quietly(fits[[peer]](case, way))
  seconds <- as.numeric(difftime(Sys.time(), start, units = "secs"))
  c(list(seconds = seconds), answer(fit))
}

main <- function() {
  say(versions = list(R = as.character(getRversion()), lme4 = as.character(packageVersion("lme4")),
                      nlme = as.character(packageVersion("nlme"))))
  lines <- file("stdin", "r")
  while (length(line <- readLines(lines, 1)) == 1) {
    asked <- strsplit(line, "\t", fixed = TRUE)[[1]]
    if (asked[1] == "load") {
      case <- load(asked[2], asked[3], asked[4])
      cat("{}\n")
    } else {
      told <- tryCatch(time_fit(case, asked[2], asked[3]), error = function(e) list(error = conditionMessage(e)))
      do.call(say, told)
    }
    flush(stdout())
  }
}

main()
