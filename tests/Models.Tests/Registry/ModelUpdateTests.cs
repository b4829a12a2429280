using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Registry;

namespace ModelService.Models.Tests.Registry;

/// <summary>A change to a model is read as strictly as a definition.</summary>
public sealed class ModelUpdateTests
{
    [Fact]
    public void Read_EachProperty_IsTaken()
    {
        var pin = Read("""{ "default_version": 2 }""");
        var newest = Read("""{ "default_version": "newest", "labels": ["a", "b"] }""");
        var labels = Read("""{ "labels": [] }""");

        Assert.Equal((2, null), (pin.DefaultVersion!.Number, pin.Labels));
        Assert.Null(newest.DefaultVersion!.Number);
        Assert.Equal(["a", "b"], newest.Labels);
        Assert.Null(labels.DefaultVersion);
        Assert.Empty(labels.Labels!);
    }

    [Theory]
    [InlineData("[]", "")]
    [InlineData("{}", "")]
    [InlineData("""{ "default_version": "latest" }""", "/default_version")]
    [InlineData("""{ "default_version": 1.5 }""", "/default_version")]
    [InlineData("""{ "labels": null }""", "/labels")]
    [InlineData("""{ "labels": "cat" }""", "/labels")]
    [InlineData("""{ "labels": ["cat", 7] }""", "/labels/1")]
    [InlineData("""{ "device": "cpu" }""", "/device")]
    public void Read_OneMistake_IsOneErrorAtItsPlace(string json, string pointer) =>
        Assert.Equal(pointer, Assert.Single(Refused(json).Errors).Pointer);

    [Fact]
    public void Read_SeveralMistakes_AreAllReported()
    {
        var refused = Refused("""{ "default_version": true, "labels": [1, "b", 3], "seed": 4 }""");

        Assert.Equal(
            ["/default_version", "/labels/0", "/labels/2", "/seed"],
            refused.Errors.Select(error => error.Pointer)
        );
    }

    private static ModelUpdate Read(string json) => ModelUpdate.Read(JsonElement.Parse(json));

    private static ServingException Refused(string json)
    {
        var refused = Assert.ThrowsAny<ServingException>(() => Read(json));
        Assert.Equal(ErrorCode.DefinitionInvalid, refused.Code);
        return refused;
    }
}
