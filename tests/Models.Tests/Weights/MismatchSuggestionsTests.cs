using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>What a mismatch is likely about.</summary>
public sealed class MismatchSuggestionsTests
{
    private static readonly TensorSpec[] Net =
    [
        new("body.weight", [4, 3], false),
        new("fc.weight", [7, 4], false),
        new("fc.bias", [7], false),
    ];

    [Fact]
    public void For_HeadUnderAnotherNameWithOtherClasses_SaysBoth() =>
        Assert.Contains(
            "('classifier.6.weight' corresponds to 'fc.weight'), and the head has 1000 outputs in the file and 7 in "
                + "the architecture: load with allow_partial",
            Single(("body.weight", [4, 3]), ("classifier.6.weight", [1000, 4]), ("classifier.6.bias", [1000])),
            StringComparison.Ordinal
        );

    [Fact]
    public void For_HeadUnderAnotherName_SaysSo() =>
        Assert.Contains(
            "'classifier.6.weight' corresponds to 'fc.weight'",
            Single(("body.weight", [4, 3]), ("classifier.6.weight", [7, 4]), ("classifier.6.bias", [7])),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(7, "'classifier.6.weight' corresponds to 'fc.weight'")]
    [InlineData(1000, "1000 outputs in the file and 7 in the architecture")]
    public void For_OtherNamesInTheOrderOfTheAlphabet_SaysTheSame(int classes, string expected)
    {
        Assert.Contains(
            expected,
            Single(("body.weight", [4, 3]), ("classifier.6.bias", [classes]), ("classifier.6.weight", [classes, 4])),
            StringComparison.Ordinal
        );
        Assert.Contains(
            classes == 7 ? "'z.weight' corresponds to 'body.weight'" : "1000 outputs",
            Single(("a.bias", [classes]), ("a.weight", [classes, 4]), ("z.weight", [4, 3])),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("model.", "model_ema.")]
    [InlineData("encoder_q.", "encoder_k.")]
    public void For_TwoPrefixesThatFit_NamesBoth(string first, string second)
    {
        var suggestion = Single([
            .. Net.SelectMany(spec =>
                new[] { (first + spec.Name, spec.Shape.ToArray()), (second + spec.Name, spec.Shape.ToArray()) }
            ),
        ]);

        Assert.Contains($"'{first}' (3 tensors), '{second}' (3 tensors)", suggestion, StringComparison.Ordinal);
        Assert.Contains($"(prefix={first[..^1]},", suggestion, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fc.weight_orig", "fc.weight_mask", "prune.remove")]
    [InlineData("fc.weight_orig", "fc.weight_u", "remove_spectral_norm")]
    [InlineData("fc.weight_g", "fc.weight_v", "remove_weight_norm")]
    [InlineData(
        "fc.parametrizations.weight.original0",
        "fc.parametrizations.weight.original1",
        "remove_parametrizations"
    )]
    [InlineData("fc.parametrizations.weight.original", "fc.parametrizations.weight.0.x", "remove_parametrizations")]
    [InlineData("net.fc.weight_orig", "net.fc.weight_mask", "prune.remove")]
    public void For_WeightInParts_NamesTheRemedy(string first, string second, string expected)
    {
        var prefix = first.StartsWith("net.", StringComparison.Ordinal) ? "net." : "";

        var suggestions = Suggestions(
            (prefix + "body.weight", [4, 3]),
            (prefix + "fc.bias", [7]),
            (first, [7, 4]),
            (second, [7, 4])
        );

        Assert.Contains(suggestions, text => text.Contains(expected, StringComparison.Ordinal));
        Assert.Contains(suggestions, text => text.Contains("'fc.weight'", StringComparison.Ordinal));
    }

    [Fact]
    public void For_PrefixOnSomeNamesOnly_SaysHowToLeaveItOut() =>
        Assert.Contains(
            "'module.'",
            Single(("body.weight", [4, 3]), ("module.fc.weight", [1, 1]), ("module.fc.bias", [7])),
            StringComparison.Ordinal
        );

    [Fact]
    public void For_BackboneWithoutHead_NamesAllowPartial() =>
        Assert.Contains("Only the head is missing", Single(("body.weight", [4, 3])), StringComparison.Ordinal);

    [Fact]
    public void For_OtherNetwork_SaysNothing() => Assert.Empty(Suggestions(("x", [2]), ("y", [3])));

    [Fact]
    public void For_NamesOfManyDots_TakesNoTime()
    {
        var names = Enumerable
            .Range(0, 10_000)
            .Select(i => (Name: new string('.', 900) + i, Shape: new long[] { 1 }))
            .ToArray();

        Assert.Empty(Suggestions(names));
    }

    private static string Single(params (string Name, long[] Shape)[] stored) => Assert.Single(Suggestions(stored));

    private static IReadOnlyList<string> Suggestions(params (string Name, long[] Shape)[] stored)
    {
        using var bytes = MappedBytes.Borrow<byte>(default);
        return StateDictMatch
            .Compare(
                Net,
                [
                    .. stored.Select(item => new StoredTensor(
                        item.Name,
                        WeightsDtype.Float32,
                        TensorGeometry.Contiguous(item.Shape)!,
                        bytes,
                        0
                    )),
                ]
            )
            .Suggestions;
    }
}
