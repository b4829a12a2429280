using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Registry;
using ModelService.Models.Storage;

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

    [Fact]
    public void Read_Routes_AreTakenWithTheirConditions()
    {
        var routes = Read("""{ "routes": { "3": 90, "4": 10 }, "stop": { "max_error_rate": 0.01 } }""");

        Assert.Equal(new Dictionary<int, int> { [3] = 90, [4] = 10 }, routes.Routes!.Percents);
        Assert.Equal(new StopConditions { MaxErrorRate = 0.01 }, routes.Stop);
        Assert.Empty(Read("""{ "routes": null }""").Routes!.Percents);
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
    [InlineData("""{ "routes": [90, 10] }""", "/routes")]
    [InlineData("""{ "routes": {} }""", "/routes")]
    [InlineData("""{ "routes": { "1": 90, "2": 11 } }""", "/routes")]
    [InlineData("""{ "routes": { "1": 50, "2": 10, "3": 10, "4": 10, "5": 10, "6": 10 } }""", "/routes")]
    [InlineData("""{ "routes": { "1": 90.5, "2": 10 } }""", "/routes/1")]
    [InlineData("""{ "routes": { "1": "90", "2": 10 } }""", "/routes/1")]
    [InlineData("""{ "routes": { "1": -1, "2": 101 } }""", "/routes/1", "/routes/2")]
    [InlineData("""{ "routes": { "01": 90, "2": 10 } }""", "/routes/01")]
    [InlineData("""{ "routes": { "newest": 10, "2": 90 } }""", "/routes/newest")]
    [InlineData("""{ "routes": { "1": 50, "1": 50 } }""", "/routes/1")]
    [InlineData("""{ "stop": { "max_drift": 0.5 } }""", "/stop")]
    [InlineData("""{ "routes": null, "stop": { "max_drift": 0.5 } }""", "/stop")]
    [InlineData("""{ "routes": { "1": 100 }, "stop": null }""", "/stop")]
    [InlineData("""{ "routes": { "1": 100 }, "stop": { "max_drift": 2 } }""", "/stop/max_drift")]
    [InlineData("""{ "routes": { "1": 100 }, "stop": { "min_requests": 0 } }""", "/stop/min_requests")]
    [InlineData("""{ "routes": { "1": 100 }, "stop": { "max_errors": 0 } }""", "/stop/max_errors")]
    public void Read_Mistake_IsAnErrorAtItsPlace(string json, params string[] pointers) =>
        Assert.Equal(pointers, Refused(json).Errors.Select(error => error.Pointer));

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
