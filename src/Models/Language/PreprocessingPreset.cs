namespace ModelService.Models.Language;

/// <summary>Named ways from a photo to the model's input.</summary>
public enum PreprocessingPreset
{
    /// <summary>torchvision's evaluation transform: shorter side to 256, the middle 224x224, ImageNet's mean and deviation.</summary>
    Imagenet,

    /// <summary>Resized to the model's input, scaled to 0..1.</summary>
    Unit,

    /// <summary>Resized to the model's input, left at 0..255.</summary>
    Raw,
}
