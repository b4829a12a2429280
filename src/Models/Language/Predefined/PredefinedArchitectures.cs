using System.Collections.Frozen;
using System.Text.Json;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Language.Predefined;

/// <summary>
/// The networks that come with the service: files in the architecture language, with torchvision's keys, order and
/// shapes. Those of <see cref="PretrainedWeights"/> are not torchvision's.
/// </summary>
public static class PredefinedArchitectures
{
    private static readonly FrozenDictionary<string, PredefinedArchitecture> ByName = ReadAll()
        .ToFrozenDictionary(item => item.Name, StringComparer.Ordinal);

    /// <summary>All predefined networks, sorted by name.</summary>
    public static IReadOnlyList<PredefinedArchitecture> All { get; } =
    [.. ByName.Values.OrderBy(item => item.Name, StringComparer.Ordinal)];

    /// <summary>Finds a network by its name; null when there is none of that name.</summary>
    /// <param name="name">The name, such as <c>resnet50</c>.</param>
    public static PredefinedArchitecture? Find(string name) => ByName.GetValueOrDefault(name);

    private static IEnumerable<PredefinedArchitecture> ReadAll()
    {
        var assembly = typeof(PredefinedArchitectures).Assembly;
        foreach (
            var resource in assembly
                .GetManifestResourceNames()
                .Where(name => name.EndsWith(".json", StringComparison.Ordinal))
        )
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var source = JsonDocument.Parse(stream).RootElement;
            var errors = new DefinitionErrors();
            var definition = new StrictReader(errors).Read<ArchitectureDefinition>(source, "");
            if (errors.Count > 0 || definition is null)
                throw new InvalidOperationException($"{resource}: {string.Join(" ", errors)}");
            yield return new PredefinedArchitecture(Path.GetFileNameWithoutExtension(resource), source, definition);
        }
    }
}
