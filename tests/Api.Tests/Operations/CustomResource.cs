using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ModelService.Api.Tests.Operations;

/// <summary>
/// The schemas of kinds that Kubernetes' own client does not know. They are strict: an object takes no unknown field.
/// </summary>
internal static class CustomResource
{
    private static readonly JsonDocument Schemas = ReadSchemas();

    /// <summary>What is wrong with a manifest; empty when nothing is.</summary>
    /// <param name="manifest">The manifest.</param>
    public static IReadOnlyList<string> Problems(YamlNode manifest)
    {
        var version = manifest.At("apiVersion").ToString().Split('/')[1];
        var schema = JsonSchema.Build(Schemas.RootElement.GetProperty($"{manifest.At("kind")}.{version}"));
        using var document = JsonDocument.Parse(Json(manifest)!.ToJsonString());
        var result = schema.Evaluate(document.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return result.IsValid
            ? []
            :
            [
                .. (result.Details ?? [])
                    .Where(detail => detail.Errors is not null)
                    .Select(detail => $"{detail.InstanceLocation}: {string.Join(' ', detail.Errors!.Values)}"),
            ];
    }

    // A scalar without quotation marks may be a number or true or false.
    private static JsonNode? Json(YamlNode node) =>
        node switch
        {
            YamlMappingNode map => new JsonObject(
                map.Children.Select(pair => KeyValuePair.Create(pair.Key.ToString(), Json(pair.Value)))
            ),
            YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
            YamlScalarNode { Style: ScalarStyle.Plain } scalar when long.TryParse(scalar.Value, out var number) =>
                number,
            YamlScalarNode { Style: ScalarStyle.Plain } scalar when bool.TryParse(scalar.Value, out var truth) => truth,
            _ => node.ToString(),
        };

    private static JsonDocument ReadSchemas()
    {
        using var file = File.OpenRead(
            Path.Combine(AppContext.BaseDirectory, "Fixtures", "custom-resources", "schemas.json.gz")
        );
        using var json = new GZipStream(file, CompressionMode.Decompress);
        return JsonDocument.Parse(json);
    }
}
