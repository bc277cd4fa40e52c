import math
from datetime import UTC, datetime
from statistics import fmean

import pytest

from dajing.domains.plan import periods
from dajing.domains.plan.board.source import board
from dajing.domains.plan.forecast.forecasting import LEAST, back_test, fill, forecast, scale_of
from dajing.domains.plan.forecast.models import damped, drift, last_value
from dajing.domains.plan.forecast.service import forecast as forecast_of
from dajing.domains.plan.forecast.service import forecasts, foresee
from dajing.domains.plan.loading import plan
from dajing.domains.plan.readings.api import Status, readings, snapshot
from dajing.domains.plan.readings.rules import Goal, Point
from dajing.domains.plan.tests.reports import CITY, covered, unit_codes

# Users connected to an internet server each minute: R's dataset WWWusage (Makridakis, Wheelwright & Hyndman 1998).
WWW = [
    88, 84, 85, 85, 84, 85, 83, 85, 88, 89, 91, 99, 104, 112, 126, 138, 146, 151, 150, 148, 147, 149, 143, 132, 131,
    139, 147, 150, 148, 145, 140, 134, 131, 131, 129, 126, 126, 132, 137, 140, 142, 150, 159, 167, 170, 171, 172, 172,
    174, 175, 172, 172, 174, 174, 169, 165, 156, 142, 131, 121, 112, 104, 102, 99, 99, 95, 88, 84, 84, 87, 89, 88, 85,
    86, 89, 91, 91, 94, 101, 110, 121, 135, 145, 149, 156, 165, 171, 175, 177, 182, 193, 204, 208, 210, 215, 222, 228,
    226, 222, 220,
]  # fmt: skip
MONTH = periods.index("2015-01")


def one_step_errors(method):
    return [method(series=WWW[:n], steps=1).means[0] - WWW[n] for n in range(10, len(WWW))]


def mae_and_rmse(errors):
    return fmean(map(abs, errors)), math.sqrt(fmean(e * e for e in errors))


def test_the_last_value_has_the_published_cross_validated_errors():
    # Forecasting: Principles and Practice, 3rd ed., §8.2, internet usage: simple exponential smoothing, whose smoothing
    # parameter is there 0.9999 and which is then the last value: MAE 4.81, RMSE 6.05.
    mae, rmse = mae_and_rmse(one_step_errors(last_value))
    assert (round(mae, 2), round(rmse, 2)) == (4.81, 6.05)


def test_the_damped_trend_comes_within_three_percent_of_the_published_errors():
    # The same place: damped Holt, MAE 3.00, RMSE 3.69 (another optimiser, hence not digit for digit).
    mae, rmse = mae_and_rmse(one_step_errors(damped))
    assert mae == pytest.approx(3.00, rel=0.03)
    assert rmse == pytest.approx(3.69, rel=0.03)


def test_the_intervals_of_the_damped_trend_are_those_of_the_state_space_library():
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    fitted = ETSModel(pd.Series(map(float, WWW)), error="add", trend="add", damped_trend=True).fit(disp=False)
    frame = fitted.get_prediction(start=100, end=107).summary_frame(alpha=0.05)
    made = damped(series=WWW, steps=8)
    for step in range(8):
        assert made.means[step] == pytest.approx(frame["mean"].iloc[step], rel=1e-6)
        assert made.quantile(step=step, share=0.975) == pytest.approx(frame["pi_upper"].iloc[step], rel=5e-3)


def test_drift_is_the_line_from_first_to_last_with_its_published_variance():
    # ibid. §5.2 and Table 5.2: slope (y_T − y_1)/(T − 1), variance σ²·h·(1 + h/(T − 1)).
    made = drift(series=[1, 2, 4, 5, 7], steps=2)
    assert made.means == (8.5, 10.0)
    sigma = math.sqrt(((1 - 1.5) ** 2 + (2 - 1.5) ** 2) * 2 / 3)
    assert made.spreads[1] == pytest.approx(sigma * math.sqrt(2 * (1 + 2 / 4)))


def points(values, first=MONTH):
    return [
        Point(index=first + n, period=periods.written(first + n, "month"), value=value)
        for n, value in enumerate(values)
    ]


def goal(value, strict=False, direction="up"):
    return Goal(value=value, strict=strict, direction=direction, deadline=periods.index("2020-12"), unit="%")


def share(values, target=80.0, **options):
    return forecast(
        indicator="x", points=points(values), goal=goal(target, **options), frequency="month", limits=(0, 100)
    )


def wave(n, slope=0.5, start=40.0):
    return start + slope * n + math.sin(n * 1.7)


def test_too_little_data_says_so_and_forecasts_nothing():
    found = share([wave(n) for n in range(LEAST["month"] - 1)])
    assert found.method is None and found.probability is None
    assert "17" in found.reason.zh and "at least 18" in found.reason.en


def test_a_share_stays_inside_its_bounds_and_the_interval_widens():
    found = share([wave(n, slope=1.0) for n in range(48)])
    assert found.transform == "logit"
    assert len(found.ahead) == 24 and found.ahead[-1].period == "2020-12"
    assert all(0 < a.low95 <= a.low80 <= a.value <= a.high80 <= a.high95 < 100 for a in found.ahead)
    widths = [a.high95 - a.low95 for a in found.ahead[:6]]
    assert widths == sorted(widths)


def test_the_probability_falls_as_the_target_rises_and_turns_round_for_a_target_downwards():
    values = [wave(n) for n in range(48)]
    chances = [share(values, target=target).probability for target in (60, 70, 80, 90)]
    assert chances == sorted(chances, reverse=True) and 0 < chances[-1] < chances[0] <= 1
    down = share(values, target=70, direction="down").probability
    assert down == pytest.approx(1 - share(values, target=70).probability)


def test_a_target_at_the_bound_is_not_forecast_on_a_scale_where_it_is_infinitely_far():
    found = share([min(100.0, 70 + n * 0.9) for n in range(40)], target=100)
    assert found.transform == "none"
    assert all(a.high95 <= 100 for a in found.ahead)


def test_missing_months_are_filled_on_a_line_and_counted_and_too_many_refuse():
    values = [wave(n) for n in range(40)]
    holes = [None if n in (10, 11, 20) else value for n, value in enumerate(values)]
    found = share(holes)
    assert (found.filled, found.observations) == (3, 37)
    line, count = fill(known=[p for p in points([1.0, None, None, 4.0]) if p.decides])
    assert (line, count) == ([1.0, 2.0, 3.0, 4.0], 2)
    sparse = [value if n % 2 == 0 else None for n, value in enumerate(values)]
    assert "too many gaps" in share(sparse).reason.en
    stale = values + [None] * 4
    assert "more than 3" in share(stale).reason.en


def test_a_constant_series_goes_on_as_it_is():
    met, short = share([85.0] * 30), share([75.0] * 30)
    assert (met.probability, short.probability) == (1.0, 0.0)


def test_a_method_that_was_too_sure_of_itself_has_its_interval_widened():
    swing = [40 * 1.02**n * (1 + 0.05 * math.sin(n / 4)) for n in range(40)]
    found = forecast(indicator="x", points=points(swing), goal=goal(90.0), frequency="month", limits=(0, None))
    best = next(score for score in found.scores if score.method == found.method)
    assert (found.method, found.transform) == ("drift", "log")
    assert best.spread > 1.5
    plain = drift(series=[math.log(v) for v in swing], steps=32)
    claimed = plain.quantile(step=31, share=0.975) - plain.means[31]
    end = found.ahead[-1]
    assert math.log(end.high95) - math.log(end.value) == pytest.approx(claimed * best.spread)


def test_the_back_test_compares_with_the_value_before_each_origin():
    values = [wave(n) for n in range(24)]
    scale = scale_of(low=0, high=None, target=1, percent=False, values=values)
    last = next(s for s in back_test(values=values, scale=scale, horizon=3) if s.method == "last")
    origins = sorted({12 + round(n * 11 / 11) for n in range(12)})
    errors = [abs(values[o - 1] - values[o + h]) for o in origins for h in range(min(3, 24 - o))]
    assert last.mae == pytest.approx(fmean(errors), rel=1e-9)


@pytest.mark.django_db
def test_forecasts_are_kept_with_a_stored_state_and_enter_its_status():
    day = datetime(2018, 7, 31, tzinfo=UTC)
    for n in range(42):
        covered(periods.written(MONTH + n, "month"), 40 + 0.2 * n + math.sin(n * 1.7) / 3, units=unit_codes())
    state = snapshot(plan="zjk-135", as_of=day)
    city = {"indicators": ["population_4g"], "areas": [CITY], "latest": True}
    (before,) = readings(snapshot=state, **city)
    shown = {row.indicator.id: row for row in board(plan=plan(id="zjk-135"), as_of=day).rows}
    assert shown["population_4g"].probability is None
    assert not state.forecast and "尚无预测" in before.status_reason.zh
    after = foresee(snapshot=state.id)
    assert after.forecast and after.id == state.id
    found = {f.indicator: f for f in forecasts(snapshot=after)}
    assert len(found) == 13
    assert found["population_4g"].probability < 0.2
    assert found["iptv"].method is None, "nothing was reported for it"
    (now,) = readings(snapshot=after, **city)
    assert now.status is Status.BEHIND
    assert "达标概率" in now.status_reason.zh
    shown = {row.indicator.id: row for row in board(plan=plan(id="zjk-135"), as_of=day).rows}
    assert shown["population_4g"].probability == found["population_4g"].probability
    assert shown["population_4g"].status == "behind"
    assert forecast_of(plan="zjk-135", indicator="population_4g", as_of=day) == found["population_4g"]
