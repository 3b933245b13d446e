# lme4's answers where columns go with time, or are not informed by the data: see test_own_columns.py.
#
# Rscript tests/reference/own_columns.R     (R 4.2.2, lme4 1.1-31)
suppressPackageStartupMessages({ library(lme4); library(jsonlite) })
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1])))
set.seed(11)
n <- 24
weeks <- c(0, 6, 12, 18, 24, 30, 36, 42, 48)
d <- expand.grid(week = weeks, subject = sprintf("s%02d", seq_len(n)), stringsAsFactors = FALSE)[, c("subject", "week")]
who <- match(d$subject, unique(d$subject))
d$arm <- ifelse(who %% 2 == 0, "drug", "control")
entry <- round(runif(n, 45, 70), 2)
d$age <- entry[who] + d$week / 52
d$post <- pmax(d$week - 24, 0)
d$week2 <- d$week^2
level <- rnorm(n, 0, 4); rate <- rnorm(n, 0, .06)
drug <- d$arm == "drug"
d$y <- round(40 - .1 * (d$age - 55) + level[who] + (-.25 + rate[who] + .08 * drug) * d$week + (.1 - .12 * drug) * d$post + rnorm(nrow(d), 0, 1), 3)
d$y[sample(nrow(d), 20)] <- NA
d <- d[!is.na(d$y), ]

control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5), calc.derivs = FALSE,
                       check.rankX = "silent.drop.cols", check.conv.singular = "ignore")
fit <- function(formula, data = d) lmer(formula, data, REML = TRUE, control = control)
mean_at <- function(f, arm, week, data = d) {
  people <- data[!duplicated(data$subject), ]
  entry <- people$age - people$week / 52
  new <- data.frame(arm = factor(arm, levels = c("control", "drug")), week = week, post = max(week - 24, 0),
                    week2 = week^2, age = entry + week / 52, age_twice = 2 * (entry + week / 52),
                    visit = factor(paste0("v", week), levels = levels(data$visit)))
  mean(suppressWarnings(predict(f, new, re.form = NA)))
}
gap <- function(f, week, data = d) mean_at(f, "drug", week, data) - mean_at(f, "control", week, data)
slope <- function(f, arm, first, last, data = d) (mean_at(f, arm, last, data) - mean_at(f, arm, first, data)) / (last - first)

out <- list(data = d, fits = list())
broken <- fit(y ~ arm * week + arm * post + (week | subject))
out$fits$broken <- list(formula = "y ~ arm * week + arm * post + (week | subject)", criterion = REMLcrit(broken),
  difference_48 = gap(broken, 48), difference_30 = gap(broken, 30), slope_drug_0_48 = slope(broken, "drug", 0, 48))
square <- fit(y ~ arm * week + arm * week2 + (week | subject))
out$fits$square <- list(formula = "y ~ arm * week + arm * week2 + (week | subject)", criterion = REMLcrit(square),
  difference_48 = gap(square, 48), difference_30 = gap(square, 30), slope_drug_0_48 = slope(square, "drug", 0, 48))
ageing <- fit(y ~ arm * week + age + (week | subject))
out$fits$ageing <- list(formula = "y ~ arm * week + age + (week | subject)", criterion = REMLcrit(ageing),
  difference_48 = gap(ageing, 48), difference_30 = gap(ageing, 30), slope_drug_0_48 = slope(ageing, "drug", 0, 48))

# The controls are seen for 24 weeks alone.
short <- d[d$arm == "drug" | d$week <= 24, ]
short$p1 <- pmin(short$week, 24); short$p2 <- pmax(short$week - 24, 0)
phases <- lmer(y ~ arm * (p1 + p2) + (week | subject), short, REML = TRUE, control = control)
b <- fixef(phases)
out$fits$short <- list(formula = "y ~ arm * phase(week, 24) + (week | subject)", criterion = REMLcrit(phases),
  dropped = attr(getME(phases, "X"), "col.dropped") |> names(),
  slope_control_1 = b[["p1"]], slope_difference_1 = b[["armdrug:p1"]], slope_drug_2 = b[["p2"]],
  difference_24 = b[["armdrug"]] + 24 * b[["armdrug:p1"]])

# No control has the visit of week 36, and age is there twice.
hole <- d[!(d$arm == "control" & d$week == 36), ]
hole$visit <- factor(paste0("v", hole$week), levels = paste0("v", weeks))
hole$age_twice <- 2 * hole$age
visits <- fit(y ~ arm * visit + age + age_twice + (1 | subject), hole)
out$fits$hole <- list(formula = "y ~ arm * visit + age + age_twice + (1 | subject)", criterion = REMLcrit(visits),
  dropped = names(attr(getME(visits, "X"), "col.dropped")), n_fixed = length(fixef(visits)),
  difference_24 = gap(visits, 24, hole), difference_48 = gap(visits, 48, hole),
  mean_drug_36 = mean_at(visits, "drug", 36, hole))
write_json(out, file.path(here, "own_columns.json"), digits = 12, auto_unbox = TRUE, pretty = FALSE)
str(out$fits)
