# lme4's answers for false_optima.py, with its default optimiser and checks.
#
# Rscript optima_lme4.R FOLDER ANSWERS.json: FOLDER has seed_1.csv and so on and models.json, from name to formula.
suppressMessages({library(lme4); library(jsonlite)})

answer <- function(fit) {
  told <- fit@optinfo$conv
  said <- c(told$lme4$messages, if (any(told$opt != 0)) paste("code", told$opt))
  list(beta = unname(fixef(fit)), names = names(fixef(fit)), covariance = unname(as.matrix(VarCorr(fit)$subject)[, ]),
       sigma2 = sigma(fit)^2, said = if (length(said)) paste(said, collapse = "; ") else "converged")
}

asked <- commandArgs(TRUE)
models <- fromJSON(file.path(asked[1], "models.json"))
seeds <- sort(as.integer(sub("seed_(\\d+)\\.csv", "\\1", list.files(asked[1], "^seed_"))))
answers <- lapply(setNames(seeds, seeds), function(seed) {
  frame <- read.csv(file.path(asked[1], paste0("seed_", seed, ".csv")))
  lapply(models, function(formula) {
    answer(suppressWarnings(suppressMessages(lmer(as.formula(formula), frame))))
  })
})
versions <- list(R = as.character(getRversion()), lme4 = as.character(packageVersion("lme4")))
write(toJSON(list(versions = versions, answers = answers), auto_unbox = TRUE, digits = NA, pretty = 1), asked[2])
