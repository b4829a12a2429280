using ModelService.Models.Tensors;

namespace ModelService.Models.Tests.Scheduling;

public sealed class SoftmaxTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(1_003)]
    public void Of_AnyNumberOfLogits_IsTheFormula(int classes)
    {
        var random = new Random(classes);
        var logits = Enumerable.Range(0, classes).Select(_ => (float)(random.NextDouble() * 40) - 20).ToArray();

        var exponentials = logits.Select(logit => Math.Exp(logit)).ToArray();
        var sum = exponentials.Sum();

        var probabilities = Probabilities.FromLogits(logits);

        Assert.Equal(classes, probabilities.Length);
        for (var i = 0; i < classes; i++)
            Assert.Equal(exponentials[i] / sum, probabilities[i], 1e-7);
    }

    [Theory]
    [InlineData(new[] { 1000f, 1000f, -1000f }, new[] { 0.5f, 0.5f, 0f })]
    [InlineData(new[] { -1000f, -1000f }, new[] { 0.5f, 0.5f })]
    [InlineData(new[] { float.MaxValue, float.MinValue, 0f, 1f, 2f }, new[] { 1f, 0f, 0f, 0f, 0f })]
    [InlineData(new[] { float.MinValue, float.MinValue }, new[] { 0.5f, 0.5f })]
    [InlineData(new[] { 3f, float.NegativeInfinity, 3f }, new[] { 0.5f, 0f, 0.5f })]
    [InlineData(new float[0], new float[0])]
    public void Of_ExtremeLogits_DoesNotOverflow(float[] logits, float[] expected) =>
        Assert.Equal(expected, Probabilities.FromLogits(logits));

    [Theory]
    [InlineData(float.NaN, 1f)]
    [InlineData(float.PositiveInfinity, 1f)]
    [InlineData(float.NegativeInfinity, float.NegativeInfinity)]
    public void Of_LogitsWithoutAGreatestNumber_IsNaN(float first, float others)
    {
        var logits = new float[19];
        Array.Fill(logits, others);
        logits[4] = first;

        Assert.All(Probabilities.FromLogits(logits), probability => Assert.True(float.IsNaN(probability)));
    }
}
