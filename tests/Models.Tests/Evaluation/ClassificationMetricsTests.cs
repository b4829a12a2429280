using System.Globalization;
using ModelService.Models.Evaluation;

namespace ModelService.Models.Tests.Evaluation;

/// <summary>The figures of logits and labels, compared with scikit-learn's and with their definitions.</summary>
public sealed class ClassificationMetricsTests
{
    private const double Tolerance = 1e-6;

    public static TheoryData<string> Names => EvaluationFixture.Names;

    [Theory, MemberData(nameof(Names))]
    public void Measure_Shares_AreThoseOfScikitLearn(string name)
    {
        var fixture = EvaluationFixture.Read(name);

        var metrics = ClassificationMetrics.Measure(fixture.Scores);

        Assert.Equal(fixture.Number("samples"), metrics.Images);
        Assert.Equal(fixture.Number("accuracy"), metrics.Accuracy.Value, Tolerance);
        Assert.Equal([1, 2, 3, 5], metrics.TopK.Keys);
        Assert.All(
            metrics.TopK,
            item =>
                Assert.Equal(
                    fixture.Number("top_k", item.Key.ToString(CultureInfo.InvariantCulture)),
                    item.Value,
                    Tolerance
                )
        );
        AssertMeans(fixture, "macro", metrics.Macro);
        AssertMeans(fixture, "weighted", metrics.Weighted);
    }

    [Theory, MemberData(nameof(Names))]
    public void Measure_Classes_AreThoseOfScikitLearn(string name)
    {
        var fixture = EvaluationFixture.Read(name);

        var metrics = ClassificationMetrics.Measure(fixture.Scores);

        var rows = fixture.Expected.GetProperty("confusion").EnumerateArray().ToList();
        for (var label = 0; label < rows.Count; label++)
        {
            Assert.Equal(
                rows[label].EnumerateArray().Select(cell => cell.GetInt32()),
                Enumerable.Range(0, rows.Count).Select(predicted => metrics.Confusion[label, predicted])
            );
        }

        var classes = fixture.Expected.GetProperty("per_class").EnumerateArray().ToList();
        Assert.Equal(classes.Count, metrics.PerClass.Count);
        Assert.All(
            classes.Zip(metrics.PerClass),
            pair =>
            {
                Assert.Equal(pair.First.GetProperty("precision").GetDouble(), pair.Second.Precision.Value, Tolerance);
                Assert.Equal(pair.First.GetProperty("recall").GetDouble(), pair.Second.Recall.Value, Tolerance);
                Assert.Equal(pair.First.GetProperty("f1").GetDouble(), pair.Second.F1.Value, Tolerance);
                Assert.Equal(pair.First.GetProperty("support").GetInt32(), pair.Second.Support);
            }
        );
    }

    [Theory, MemberData(nameof(Names))]
    public void Measure_Calibration_IsThatOfTheFixture(string name)
    {
        var fixture = EvaluationFixture.Read(name);

        var calibration = ClassificationMetrics.Measure(fixture.Scores).Calibration;

        Assert.Equal(fixture.Number("log_loss"), calibration.LogLoss, Tolerance);
        Assert.Equal(fixture.Number("expected_calibration_error"), calibration.ExpectedCalibrationError, Tolerance);
        Assert.All(
            fixture.Expected.GetProperty("bins").EnumerateArray().Zip(calibration.Bins),
            pair =>
            {
                Assert.Equal(pair.First.GetProperty("count").GetInt32(), pair.Second.Count);
                Assert.Equal(pair.First.GetProperty("accuracy").GetDouble(), pair.Second.Accuracy, Tolerance);
                Assert.Equal(pair.First.GetProperty("confidence").GetDouble(), pair.Second.Confidence, Tolerance);
            }
        );
    }

    [Fact]
    public void Measure_RandomScores_AgreeWithEachOther()
    {
        var random = TestSeed.Generator();
        for (var run = 0; run < 100; run++)
        {
            var scores = Draw(random, images: random.Next(1, 60), classes: random.Next(1, 12));

            var metrics = ClassificationMetrics.Measure(scores);

            Assert.Equal(metrics.TopK[1], metrics.Accuracy.Value);
            Assert.Equal(metrics.TopK.Values.Order(), metrics.TopK.Values);
            Assert.Equal(metrics.Accuracy.Value, metrics.Weighted.Recall, 1e-12);
            Assert.Equal(scores.Count, metrics.PerClass.Sum(item => item.Support));
            Assert.Equal(scores.Count, metrics.Confusion.Cells.Sum(cell => cell.Count));
            Assert.Equal(scores.Count, metrics.Calibration.Bins.Sum(bin => bin.Count));
            Assert.InRange(metrics.Calibration.ExpectedCalibrationError, 0, 1);
            Assert.All(
                metrics.PerClass.SelectMany(item => (Proportion[])[item.Precision, item.Recall, item.F1]),
                share => Assert.InRange(share.Value, share.Interval.Low, share.Interval.High)
            );
        }
    }

    [Fact]
    public void Measure_EqualLogits_TakesTheFirstClass()
    {
        var scores = new LabelledLogits(new float[6], [0, 2], 3);

        var metrics = ClassificationMetrics.Measure(scores);

        Assert.Equal(0.5, metrics.TopK[1]);
        Assert.Equal(0.5, metrics.TopK[2]);
        Assert.Equal(1, metrics.TopK[3]);
        Assert.False(metrics.TopK.ContainsKey(5));
        Assert.Equal(Math.Log(3), metrics.Calibration.LogLoss, 1e-12);
    }

    [Fact]
    public void Measure_HugeLogits_StaysFinite()
    {
        var scores = new LabelledLogits(new[] { 3e38f, -3e38f, -3e38f, 3e38f }, [0, 0], 2);

        var metrics = ClassificationMetrics.Measure(scores);

        Assert.True(double.IsFinite(metrics.Calibration.LogLoss));
        Assert.Equal(0.5, metrics.Calibration.ExpectedCalibrationError);
    }

    [Theory]
    [InlineData(0, 10, 0, 0.2775328)]
    [InlineData(10, 10, 0.7224672, 1)]
    [InlineData(1, 3, 0.0614919, 0.7923404)]
    [InlineData(217, 300, 0.6701301, 0.7708894)]
    [InlineData(0, 0, 0, 1)]
    public void Wilson_KnownShares_AreThoseOfStatsmodels(int hits, int total, double low, double high)
    {
        // statsmodels 0.13.5: proportion_confint(hits, total, method="wilson")
        var interval = Interval.Wilson(hits, total);

        Assert.Equal(low, interval.Low, 1e-7);
        Assert.Equal(high, interval.High, 1e-7);
    }

    [Theory]
    [InlineData(new[] { 1f, 2f, 3f }, new[] { 0 }, 2)] // a logit too many
    [InlineData(new[] { 1f, float.NaN }, new[] { 0 }, 2)]
    [InlineData(new[] { 1f, float.PositiveInfinity }, new[] { 0 }, 2)]
    [InlineData(new[] { 1f, 2f }, new[] { 2 }, 2)]
    [InlineData(new[] { 1f, 2f }, new[] { -1 }, 2)]
    [InlineData(new float[0], new int[0], 0)]
    public void LabelledLogits_OutOfRange_AreRefused(float[] logits, int[] labels, int classes)
    {
        Assert.ThrowsAny<ArgumentException>(() => new LabelledLogits(logits, labels, classes));
    }

    [Fact]
    public void Measure_NoImage_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => ClassificationMetrics.Measure(new LabelledLogits(default, [], 3)));
    }

    internal static LabelledLogits Draw(Random random, int images, int classes) =>
        new(
            Enumerable.Range(0, images * classes).Select(_ => (float)(6 * (random.NextDouble() - 0.5))).ToArray(),
            [.. Enumerable.Range(0, images).Select(_ => random.Next(classes))],
            classes
        );

    private static void AssertMeans(EvaluationFixture fixture, string name, MeanMetrics means)
    {
        Assert.Equal(fixture.Number(name, "precision"), means.Precision, Tolerance);
        Assert.Equal(fixture.Number(name, "recall"), means.Recall, Tolerance);
        Assert.Equal(fixture.Number(name, "f1"), means.F1, Tolerance);
    }
}
