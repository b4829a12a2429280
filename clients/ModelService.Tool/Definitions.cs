using System.Text.Json;
using System.Text.Json.Serialization;
using ModelService.Client;

namespace ModelService.Tool;

/// <summary>Reads what is described in files.</summary>
internal static class Definitions
{
    // A misspelt name would otherwise have no effect, and nobody would notice.
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Reads a network.</summary>
    /// <param name="path">The file.</param>
    public static ArchitectureDefinition ReadNetwork(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ArchitectureDefinition>(File.ReadAllText(path), Json)
                ?? throw new UsageException($"{path} has no network.");
        }
        catch (JsonException exception)
        {
            throw new UsageException($"{path} is no network: {exception.Message}");
        }
    }

    /// <summary>Reads labels: a file with one a line, or a list with commas.</summary>
    /// <param name="value">The file or the list; null: none.</param>
    public static IReadOnlyList<string>? ReadLabels(string? value) =>
        value is null ? null
        : File.Exists(value) ? [.. File.ReadAllLines(value).Where(line => line.Length > 0)]
        : value.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>A number as people read it: 11,689,512.</summary>
    public static string Number(long value) => value.ToString("N0", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A share as people read it: 97.2 %.</summary>
    public static string Share(double value) =>
        (100 * value).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture) + " %";
}
