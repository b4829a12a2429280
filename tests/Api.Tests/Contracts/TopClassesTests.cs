using ModelService.Api.Contracts;
using ModelService.Models.Execution;

namespace ModelService.Api.Tests.Contracts;

/// <summary>Which classes an answer names.</summary>
public sealed class TopClassesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(39)]
    [InlineData(40)]
    [InlineData(1_000_000)]
    public void Of_Scores_NamesTheBestFirstAndOfEqualOnesTheFirst(int topK)
    {
        // Ten values for forty classes: many are equal.
        var random = TestSeed.Generator(topK);
        var logits = Enumerable.Range(0, 40).Select(_ => random.Next(10) - 5f).ToArray();
        var sorted = Enumerable.Range(0, 40).OrderByDescending(index => logits[index]).Take(topK);

        var top = PredictionResponse.Create(new Scores(logits, logits), labels: null, topK, ScoreKind.None).Top!;

        Assert.Equal(sorted, top.Select(item => item.ClassIndex));
    }
}
