namespace ModelService.Imaging.Augmentation;

/// <summary>An augmentation that has a name.</summary>
public enum AugmentationPreset
{
    /// <summary>Every picture stays as it is.</summary>
    None,

    /// <summary><see cref="AugmentationDefinition.Light"/>.</summary>
    Light,

    /// <summary><see cref="AugmentationDefinition.Strong"/>.</summary>
    Strong,

    /// <summary><see cref="AugmentationDefinition.Characters"/>.</summary>
    Characters,
}
