# Weights of rows, and random effects in independent terms, by lme4 and lmerTest.
# Run: Rscript tests/reference/structures.R
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])), "fitting.R"))
set.seed(4)

# sleepstudy with made-up weights: how many tests a day's mean reaction time is taken over.
sleep <- data.frame(subject = as.character(sleepstudy$Subject), Days = sleepstudy$Days, Reaction = sleepstudy$Reaction,
                    tests = sample(1:9, nrow(sleepstudy), replace = TRUE))
sleep <- as_written(sleep)
fits <- c(
  both_methods("correlated", Reaction ~ Days + (Days | subject), sleep, "Reaction ~ Days + (Days | subject)", weights = "tests"),
  both_methods("intercept", Reaction ~ Days + (1 | subject), sleep, "Reaction ~ Days + (1 | subject)", weights = "tests"))
write_reference("weights.json", "structures.R", "sleepstudy of R package lme4, with weights made up by this program", fits, sleep)

# The ragged cohort that cohorts.R wrote.
ragged <- fromJSON(file.path(here, "cohort_ragged.json"))
cohort <- as.data.frame(ragged$data, stringsAsFactors = FALSE)
for (name in names(ragged$levels)) cohort[[name]] <- factor(cohort[[name]], levels = ragged$levels[[name]])
cohort$p1 <- pmin(cohort$week, 24); cohort$p2 <- pmax(cohort$week - 24, 0)
fits <- c(
  both_methods("blocks", alsfrs_r ~ arm * (p1 + p2) + (1 | subject) + (0 + p1 + p2 | subject), cohort,
               "alsfrs_r ~ arm * phase(week, 24) + (1 | subject) + (0 + phase(week, 24) | subject)"),
  both_methods("diagonal", alsfrs_r ~ arm * (p1 + p2) + (1 | subject) + (0 + p1 | subject) + (0 + p2 | subject), cohort,
               "alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) || subject)"))
write_reference("blocks.json", "structures.R", "the cohort of cohort_ragged.json", fits, cohort[names(ragged$data)])
