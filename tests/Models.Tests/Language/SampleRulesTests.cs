using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Tests.Language;

/// <summary>Samples that don't fit their model are refused where they are wrong.</summary>
public sealed class SampleRulesTests
{
    private const string Picture = """{"channels":1,"height":2,"width":2}""",
        Signal = """{"shape":[2,2]}""";
    private const string Fitting = """{"shape":[1,2,2],"data":[1,2,3,4]}""";

    [Theory]
    [InlineData("""{"image":"AAAA","top_1":"dog","scores":[0,0.25,0.75]}""")]
    [InlineData($$"""{"tensor":{{Fitting}},"top_1":2,"tolerance":0}""")]
    [InlineData("""{"tensor":{"shape":[1,2,2],"data":[[[1,2],[3,4]]]},"scores":[1,0,0],"tolerance":1}""")]
    public void Read_WhatFits_IsTaken(string sample) => Assert.Single(Read(Picture, $"[{sample}]").Definition.Samples!);

    [Theory]
    [InlineData("7", "/samples", "a list is needed")]
    [InlineData("[7]", "/samples/0", "an object is needed")]
    [InlineData("""[{"top_1":0}]""", "/samples/0", "'image' or 'tensor'")]
    [InlineData($$"""[{"image":"AAAA","tensor":{{Fitting}},"top_1":0}]""", "/samples/0", "'image' or 'tensor'")]
    [InlineData("""[{"image":"AAAA"}]""", "/samples/0", "'top_1', 'scores' or both")]
    [InlineData("""[{"image":"AAAA","top_1":0},{"image":"no base64!","top_1":0}]""", "/samples/1/image", "base64")]
    [InlineData("""[{"image":"","top_1":0}]""", "/samples/0/image", "bytes are needed")]
    [InlineData("""[{"image":"AAAA","top_1":3}]""", "/samples/0/top_1", "from 0 to 2")]
    [InlineData("""[{"image":"AAAA","top_1":-1}]""", "/samples/0/top_1", "index, from 0, or its label")]
    [InlineData("""[{"image":"AAAA","top_1":0.5}]""", "/samples/0/top_1", "is not a class")]
    [InlineData("""[{"image":"AAAA","top_1":"doge"}]""", "/samples/0/top_1", "'doge' is not one of the model's labels")]
    [InlineData("""[{"image":"AAAA","scores":[0.5,0.5]}]""", "/samples/0/scores", "2 scores for 3 classes")]
    [InlineData("""[{"image":"AAAA","scores":[0,1.5,0]}]""", "/samples/0/scores/1", "from 0 to 1")]
    [InlineData("""[{"image":"AAAA","top_1":0,"tolerance":-0.1}]""", "/samples/0/tolerance", "from 0 to 1")]
    [InlineData("""[{"image":"AAAA","top1":0,"scores":[1,0,0]}]""", "/samples/0/top1", "did you mean 'top_1'")]
    [InlineData("""[{"tensor":{"shape":[1,4],"data":[1,2,3,4]},"top_1":0}]""", "/samples/0/tensor/shape", "[1, 4]")]
    [InlineData("""[{"tensor":{"shape":[1,2,2],"data":[1,2,3]},"top_1":0}]""", "/samples/0/tensor/data", "needs 4")]
    [InlineData(
        """[{"tensor":{"shape":[1,2,2],"data":[1,2,3,"x"]},"top_1":0}]""",
        "/samples/0/tensor/data/3",
        "float32"
    )]
    public void Read_OneMistake_IsOneErrorAtItsPlace(string samples, string pointer, string part)
    {
        var error = Assert.Single(Errors(Picture, samples));

        Assert.Equal(pointer, error.Pointer);
        Assert.Contains(part, error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PictureForANetworkThatTakesNone_IsRefused() =>
        Assert.Equal("/samples/0/image", Assert.Single(Errors(Signal, """[{"image":"AAAA","top_1":0}]""")).Pointer);

    [Fact]
    public void Read_MistakesInSeveral_AreToldAtOnce() =>
        Assert.Equal(
            ["/samples/0/scores", "/samples/1/top_1", "/samples/2/image"],
            Errors(Picture, """[{"image":"AAAA","scores":[1]},{"image":"AAAA","top_1":9},{"image":7,"top_1":0}]""")
                .Select(error => error.Pointer)
                .Order()
        );

    [Fact]
    public void Read_MoreThan32_IsRefused()
    {
        static string Many(int count) =>
            $"[{string.Join(',', Enumerable.Repeat("""{"image":"AAAA","top_1":0}""", count))}]";

        Assert.Equal(32, Read(Picture, Many(32)).Definition.Samples!.Count);
        Assert.Equal("/samples", Assert.Single(Errors(Picture, Many(33))).Pointer);
    }

    [Fact]
    public void For_OtherLabels_FollowsTheLabelAndKeepsTheIndex()
    {
        var samples = Read(
            Picture,
            """[{"image":"AAAA","top_1":"dog"},{"image":"AAAA","top_1":2}]"""
        ).Definition.Samples!;

        Assert.Equal([2, 2], samples.Select(sample => sample.Top1!.Index!.Value));
        Assert.Equal([0, 2], samples.Select(sample => sample.For(["dog", "ant", "cat", "eel"]).Top1!.Index!.Value));
        Assert.Equal([2, 2], samples.Select(sample => sample.For(["ameise", "katze", "hund"]).Top1!.Index!.Value));
        Assert.Equal([2, 2], samples.Select(sample => sample.For(null).Top1!.Index!.Value));
    }

    private static ResolvedModel Read(string input, string samples) =>
        ResolvedModel.Read(
            JsonElement.Parse(
                $$"""
                {"name":"a","architecture":{"input":{{input}},
                  "layers":[{"type":"flatten"},{"type":"linear","out_features":3}]},"labels":["ant","cat","dog"],
                  "samples":{{samples}}}
                """
            ),
            new ArchitectureLimits()
        );

    private static IReadOnlyList<ErrorDetail> Errors(string input, string samples) =>
        Assert.ThrowsAny<ServingException>(() => Read(input, samples)).Errors;
}
