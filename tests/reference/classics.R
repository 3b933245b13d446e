# sleepstudy (lme4) and Orthodont (nlme): the two data sets that every mixed-model program knows.
# Run: Rscript tests/reference/classics.R
source(file.path(dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])), "fitting.R"))
set.seed(1)

sleep <- data.frame(subject = as.character(sleepstudy$Subject), Days = sleepstudy$Days, Reaction = sleepstudy$Reaction)
sleep <- as_written(sleep)
fits <- c(
  both_methods("correlated", Reaction ~ Days + (Days | subject), sleep, "Reaction ~ Days + (Days | subject)"),
  both_methods("independent", Reaction ~ Days + (1 | subject) + (0 + Days | subject), sleep, "Reaction ~ Days + (Days || subject)"),
  both_methods("intercept", Reaction ~ Days + (1 | subject), sleep, "Reaction ~ Days + (1 | subject)"))
write_reference("sleepstudy.json", "classics.R",
  "sleepstudy of R package lme4; Belenky et al. 2003, J. Sleep Res. 12:1-12; here the column Subject is called subject",
  fits, sleep)

teeth <- as.data.frame(nlme::Orthodont)
teeth <- as_written(data.frame(subject = as.character(teeth$Subject), age = teeth$age, Sex = as.character(teeth$Sex), distance = teeth$distance))
teeth$Sex <- factor(teeth$Sex, levels = c("Male", "Female"))
fits <- c(
  both_methods("correlated", distance ~ age * Sex + (age | subject), teeth, "distance ~ age * Sex + (age | subject)"),
  both_methods("intercept", distance ~ age * Sex + (1 | subject), teeth, "distance ~ age * Sex + (1 | subject)"))
write_reference("orthodont.json", "classics.R",
  "Orthodont of R package nlme; Potthoff & Roy 1964, Biometrika 51:313-326; Subject is called subject, Sex has Male first",
  fits, teeth)
