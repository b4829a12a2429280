using ModelService.Imaging.Preprocessing;

namespace ModelService.Models.Language;

/// <summary>How photos become the model's input: a preset, or a full definition; one of the two is null.</summary>
/// <param name="Preset">The preset, or null.</param>
/// <param name="Definition">The full definition, or null.</param>
public sealed record PreprocessingChoice(PreprocessingPreset? Preset, PreprocessingDefinition? Definition);
