using ModelService.Models.Evaluation;

namespace ModelService.Models.Tests.Evaluation;

/// <summary>The fitted temperature: that of the fixtures, the least loss, and the ends of its range.</summary>
public sealed class TemperatureTests
{
    public static TheoryData<string> Names => EvaluationFixture.Names;

    [Theory, MemberData(nameof(Names))]
    public void Fit_FixtureScores_GivesTheLeastLoss(string name)
    {
        var fixture = EvaluationFixture.Read(name);

        var fitted = Temperature.Fit(fixture.Scores);

        Assert.False(fitted.IsBound);
        Assert.Equal(fixture.Number("temperature"), fitted.Value, 1e-3);
        Assert.Equal(fixture.Number("log_loss"), fitted.Before.LogLoss, 1e-6);
        Assert.Equal(fixture.Number("log_loss_at_temperature"), fitted.After.LogLoss, 1e-5);
        Assert.Equal(
            fixture.Number("expected_calibration_error_at_temperature"),
            fitted.After.ExpectedCalibrationError,
            1e-5
        );
    }

    [Fact]
    public void Fit_RandomScores_NoNeighbourIsBetter()
    {
        var random = TestSeed.Generator();
        for (var run = 0; run < 100; run++)
        {
            var scores = ClassificationMetricsTests.Draw(random, random.Next(1, 40), random.Next(1, 8));

            var fitted = Temperature.Fit(scores);

            Assert.InRange(fitted.Value, 0.01, 100);
            Assert.True(fitted.After.LogLoss <= fitted.Before.LogLoss + 1e-12);
            foreach (var factor in (double[])[0.99, 1.01])
            {
                var neighbour = Math.Clamp(fitted.Value * factor, 0.01, 100);
                Assert.True(Calibration.Measure(scores, neighbour).LogLoss >= fitted.After.LogLoss - 1e-12);
            }
        }
    }

    [Fact]
    public void Fit_AllRight_TakesTheLowestTemperature()
    {
        var fitted = Temperature.Fit(new LabelledLogits(new[] { 1f, 0f, 0f, 1f }, [0, 1], 2));

        Assert.True(fitted.IsBound);
        Assert.Equal(0.01, fitted.Value);
    }

    [Fact]
    public void Fit_AllWrong_TakesTheHighestTemperature()
    {
        var fitted = Temperature.Fit(new LabelledLogits(new[] { 1f, 0f, 0f, 1f }, [1, 0], 2));

        Assert.True(fitted.IsBound);
        Assert.Equal(100, fitted.Value);
    }

    [Theory]
    [InlineData(1, 2)] // one class
    [InlineData(3, 2)] // equal logits
    [InlineData(3, 1)] // one image
    public void Fit_NothingToChoose_KeepsOne(int classes, int images)
    {
        var fitted = Temperature.Fit(new LabelledLogits(new float[classes * images], new int[images], classes));

        Assert.Equal(1, fitted.Value);
        Assert.False(fitted.IsBound);
    }

    [Fact]
    public void Fit_OneRightOfTwo_FindsTheClosedForm()
    {
        // Margins of 3 (right) and 1 (wrong): the slope is 0 where 3/(1 + e^3b) = 1/(1 + e^-b), so at b = 0.2877...
        var scores = new LabelledLogits(new[] { 3f, 0f, 1f, 0f }, [0, 1], 2);

        var b = 1 / Temperature.Fit(scores).Value;

        Assert.Equal(3 / (1 + Math.Exp(3 * b)), 1 / (1 + Math.Exp(-b)), 1e-8);
    }

    [Theory]
    [InlineData(1e30f)]
    [InlineData(1e6f)]
    [InlineData(1e-6f)]
    public void Fit_ExtremeLogits_StaysInRange(float scale)
    {
        float[] logits = [2 * scale, 0, 0, scale, scale, 0];

        var fitted = Temperature.Fit(new LabelledLogits(logits, [0, 1, 1], 2));

        Assert.InRange(fitted.Value, 0.01, 100);
        Assert.True(double.IsFinite(fitted.After.LogLoss));
    }
}
