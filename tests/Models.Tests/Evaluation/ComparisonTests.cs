using ModelService.Models.Evaluation;

namespace ModelService.Models.Tests.Evaluation;

/// <summary>Two networks on the same images.</summary>
public sealed class ComparisonTests
{
    // statsmodels 0.13.5: mcnemar([[0, b], [c, 0]], exact=b + c < 1000, correction=True).pvalue
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(5, 0, 0.0625)]
    [InlineData(1, 5, 0.21875)]
    [InlineData(3, 12, 0.03515625)]
    [InlineData(10, 10, 1)]
    [InlineData(121, 59, 4.4344492637551645e-06)]
    [InlineData(40, 25, 0.08168153394154003)]
    [InlineData(300, 250, 0.03657874554910267)]
    [InlineData(499, 500, 0.9999999999999991)]
    [InlineData(0, 999, 3.7330544740128755e-301)]
    [InlineData(600, 400, 3.1152374046524266e-10)]
    [InlineData(520, 500, 0.551901575888967)]
    [InlineData(1200, 1000, 2.2085222894420412e-05)]
    [InlineData(5000, 4000, 6.25782696074682e-26)]
    [InlineData(1, 999, 3.6016147272101256e-218)]
    public void McNemar_KnownCounts_GivesThePValuesOfStatsmodels(int onlyFirst, int onlySecond, double p)
    {
        var test = McNemar.Test(onlyFirst, onlySecond);

        Assert.Equal(1, test.PValue / p, 1e-9);
        Assert.Equal(onlyFirst + onlySecond < 1000, test.IsExact);
        Assert.Equal(test.PValue, McNemar.Test(onlySecond, onlyFirst).PValue);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(1_000_000_000)]
    public void McNemar_EqualCounts_IsOne(int count) => Assert.Equal(1, McNemar.Test(count, count).PValue, 1e-12);

    [Fact]
    public void McNemar_BothSidesOfTheLimit_NearlyAgree()
    {
        Assert.Equal(McNemar.Test(530, 469).PValue, McNemar.Test(530, 470).PValue, 0.005);
    }

    [Fact]
    public void Of_FourImages_PutsEachInItsPlace()
    {
        var comparison = Comparison.Of([true, true, false, false], [true, false, true, false]);

        Assert.Equal([0], comparison.BothRight);
        Assert.Equal([1], comparison.OnlyFirst);
        Assert.Equal([2], comparison.OnlySecond);
        Assert.Equal([3], comparison.BothWrong);
        Assert.Equal((1, 1), (comparison.Test.OnlyFirst, comparison.Test.OnlySecond));
    }

    [Fact]
    public void Of_DifferentLengths_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Comparison.Of([true], [true, false]));
    }
}
