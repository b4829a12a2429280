using ModelService.Imaging.Preprocessing;

namespace ModelService.Models.Language;

/// <summary>How photos become the model's input: by a preset's name or in full.</summary>
/// <param name="Preset">The preset, or null.</param>
/// <param name="Definition">The full definition, or null.</param>
public sealed record PreprocessingChoice(PreprocessingPreset? Preset, PreprocessingDefinition? Definition);
