namespace ModelService.Models.Language;

/// <summary>Named preprocessings, which turn a photo into the model's input.</summary>
public enum PreprocessingPreset
{
    /// <summary>
    /// torchvision's evaluation transform: the shorter side is resized to 256, the middle 224x224 is cropped, and
    /// ImageNet's mean and standard deviation normalize the channels.
    /// </summary>
    Imagenet,

    /// <summary>Resized to the model's input, scaled to 0..1.</summary>
    Unit,

    /// <summary>Resized to the model's input, left at 0..255.</summary>
    Raw,

    /// <summary>
    /// The size of <see cref="Imagenet"/>, with values of 0..255 of which ImageNet's mean colour is subtracted: for
    /// <c>resnet18_mlnet</c>.
    /// </summary>
    ImagenetMean,
}
