using System.Text.Json;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Tests.Support;

/// <summary>Reads networks as a client would send them.</summary>
internal static class Networks
{
    /// <summary>The analysis of a network without an error.</summary>
    public static ArchitectureAnalysis Analyze(string json) =>
        ArchitectureReader.Analyze(JsonElement.Parse(json), new ArchitectureLimits());

    /// <summary>The analysis of a network of the fixtures.</summary>
    public static ArchitectureAnalysis Fixture(string name) =>
        ArchitectureReader.Analyze(Fixtures.Json("weights", name, "architecture.json"), new ArchitectureLimits());

    /// <summary>The analysis of a predefined network.</summary>
    public static ArchitectureAnalysis Predefined(string name) =>
        PredefinedArchitectures.Find(name)!.Analyze(new ArchitectureLimits());

    /// <summary>A network of these layers over a picture of 3x16x16.</summary>
    public static string Of(params string[] layers) =>
        $$"""{ "input": { "channels": 3, "height": 16, "width": 16 }, "layers": [{{string.Join(", ", layers)}}] }""";

    /// <summary>The errors that a network is refused with.</summary>
    public static IReadOnlyList<ErrorDetail> Errors(string json, ArchitectureLimits? limits = null)
    {
        var error = Assert.ThrowsAny<ServingException>(() =>
            ArchitectureReader.Analyze(JsonElement.Parse(json), limits ?? new ArchitectureLimits())
        );
        Assert.Equal(ErrorCode.DefinitionInvalid, error.Code);
        return error.Errors;
    }
}
