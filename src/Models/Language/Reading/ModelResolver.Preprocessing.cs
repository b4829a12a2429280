using ModelService.Imaging.Preprocessing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Reading;

/// <content>How photos become the network's input.</content>
internal sealed partial class ModelResolver
{
    private static string PlaceOfPreprocessing(ModelDefinition definition) =>
        definition is { Preprocessing: null, Architecture.Preprocessing: not null }
            ? "/architecture/preprocessing"
            : "/preprocessing";

    private PreprocessingDefinition? FindPreprocessing(ModelDefinition definition, Shape input, string place)
    {
        if (!TakesPhotos(input))
        {
            if (definition.Preprocessing is not null)
            {
                Fail(
                    place,
                    $"The input {input} is not a picture of 1 or 3 channels, so photos can't be preprocessed for it. "
                        + "Leave this property out, and send tensors."
                );
            }

            return null;
        }

        var choice = definition.PreprocessingOrDefault;
        var (channels, height, width) = ((int)input.Sizes[0], (int)input.Sizes[1], (int)input.Sizes[2]);
        var preprocessing =
            choice.Definition
            ?? choice.Preset switch
            {
                PreprocessingPreset.Unit => PreprocessingDefinition.Unit(channels, height, width),
                PreprocessingPreset.ImagenetMean => PreprocessingDefinition.ImageNetMean,
                PreprocessingPreset.Raw => PreprocessingDefinition.Raw(channels, height, width),
                _ => PreprocessingDefinition.ImageNet,
            };
        if (preprocessing.OutputSize is not { } size)
        {
            Fail(
                place,
                $"The preprocessing's output depends on the shape of the photo, but the network takes {input}: "
                    + "add a 'center_crop', or resize to a 'height' and 'width'."
            );
        }
        else if (preprocessing.ChannelCount != channels || size.Height != height || size.Width != width)
        {
            Fail(
                place,
                $"The preprocessing gives [{preprocessing.ChannelCount}, {size.Height}, {size.Width}], "
                    + $"but the network takes {input}."
            );
        }

        return preprocessing;
    }

    private static bool TakesPhotos(Shape input) => input.Rank == 3 && input.Sizes[0] is 1 or 3;
}
