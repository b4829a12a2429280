using ModelService.Models.Evaluation;

namespace ModelService.Models.Tests.Evaluation;

/// <summary>The images worth a look: confident mistakes, and labels that are probably wrong.</summary>
public sealed class LabelsTests
{
    [Fact]
    public void Mistakes_OfSomeImages_AreSortedByConfidence()
    {
        var scores = new LabelledLogits(new[] { 1f, 0f, 3f, 0f, 0f, 2f, 5f, 0f }, [1, 1, 0, 0], 2);

        var mistakes = ConfidentMistakes.Find(scores, 10);

        Assert.Equal([1, 2, 0], mistakes.Select(mistake => mistake.Image));
        Assert.Equal(1 / (1 + Math.Exp(-3)), mistakes[0].Confidence, 1e-12);
        Assert.Equal((1, 0), (mistakes[0].Label, mistakes[0].Predicted));
        Assert.All(mistakes, mistake => Assert.Equal(1, mistake.Confidence + mistake.LabelProbability, 1e-12));
        Assert.Equal([1, 2], ConfidentMistakes.Find(scores, 2).Select(mistake => mistake.Image));
    }

    [Fact]
    public void Suspects_ExchangedLabels_AreFound()
    {
        // Twenty images of each of three classes, that the network knows; three labels are exchanged.
        var random = TestSeed.Generator();
        var labels = Enumerable.Range(0, 60).Select(image => image % 3).ToArray();
        var logits = labels
            .SelectMany(label => Enumerable.Range(0, 3).Select(k => (k == label ? 4f : 0f) + random.NextSingle()))
            .ToArray();
        foreach (var image in (int[])[7, 20, 42])
            labels[image] = (labels[image] + 1) % 3;

        var suspects = LabelSuspects.Find(new LabelledLogits(logits, labels, 3), 10);

        Assert.Equal([7, 20, 42], suspects.Select(suspect => suspect.Image).Order());
        Assert.All(suspects, suspect => Assert.Equal(suspect.Image % 3, suspect.Suggested));
        Assert.All(suspects, suspect => Assert.True(suspect.SuggestedProbability > suspect.LabelProbability));
        Assert.Single(LabelSuspects.Find(new LabelledLogits(logits, labels, 3), 1));
    }

    [Fact]
    public void Suspects_HardImages_AreNotThoseThatTheNetworkIsUnsureOf()
    {
        // The last image is unsure, but no other class is as likely as it usually is.
        float[] logits = [5, 0, 0, 5, 5, 0, 0, 5, 0.1f, 0.2f];

        Assert.Empty(LabelSuspects.Find(new LabelledLogits(logits, [0, 1, 0, 1, 0], 2), 10));
    }

    [Fact]
    public void Suspects_ClassWithoutImages_IsNeverSuggested()
    {
        float[] logits = [0, 9, 0, 0, 0, 0];

        Assert.Empty(LabelSuspects.Find(new LabelledLogits(logits, [0, 0], 3), 10));
    }
}
