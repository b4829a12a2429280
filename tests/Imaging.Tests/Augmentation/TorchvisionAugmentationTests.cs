using System.Text.Json;
using ModelService.Imaging.Augmentation;
using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Augmentation;

/// <summary>Each operation against torchvision's on PIL pictures, in Fixtures/training.</summary>
public sealed class TorchvisionAugmentationTests
{
    private static readonly JsonElement Manifest = Fixtures.Json("training", "augment.json");

    private static readonly SafetensorsFile Tensors = SafetensorsFile.Read(
        Fixtures.Path("training", "augment.safetensors")
    );

    // Pictures are never turned by taking the nearest pixel.
    public static TheoryData<string> Names { get; } =
        new(
            Manifest
                .GetProperty("cases")
                .EnumerateArray()
                .Select(item => item.GetProperty("name").GetString()!)
                .Where(name => !name.StartsWith("rotate_nearest", StringComparison.Ordinal))
        );

    [Theory]
    [MemberData(nameof(Names))]
    public void Operations_OfACase_GiveTorchvisionsPicture(string name)
    {
        var item = Manifest
            .GetProperty("cases")
            .EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == name);
        var (found, unit) = Run(Source(item.GetProperty("input").GetString()!), item.GetProperty("steps"));
        var expected = Expected(name);

        Assert.Equal(expected.Length, found.Length);
        var tolerance = item.GetProperty("tolerance");
        var levels = tolerance.GetProperty("levels").GetDouble() + 1e-9;
        var plane = found.Length / 3;
        var outside = Enumerable
            .Range(0, found.Length)
            .Count(i => Math.Abs(found[i] - expected[i]) / unit[i / plane] > levels);
        Assert.InRange((double)outside / found.Length, 0, tolerance.GetProperty("share_outside").GetDouble());

        // The code follows Pillow's, so that all but two kinds of a case have not one byte off.
        if (Tensors.Dtype(name) == "U8" && !name.StartsWith("blur", StringComparison.Ordinal))
            Assert.Equal(expected, found);
    }

    private static float[] Expected(string name) =>
        Tensors.Dtype(name) == "U8" ? [.. Tensors.Bytes(name).ToArray()] : Tensors.Floats(name);

    private static Bitmap Source(string input)
    {
        if (!input.StartsWith("augment.safetensors#", StringComparison.Ordinal))
        {
            var (width, height, rgb) = Pictures.Decode(Fixtures.Bytes(input));
            return new Bitmap(width, height, 3, rgb);
        }

        var name = input["augment.safetensors#".Length..];
        var shape = Tensors.Shape(name);
        var (rows, columns) = ((int)shape[1], (int)shape[2]);
        var planes = Tensors.Bytes(name);
        var pixels = new byte[planes.Length];
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = planes[(i % 3 * rows * columns) + (i / 3)];
        return new Bitmap(columns, rows, 3, pixels);
    }

    // The numbers as planes, and how much one of 255 levels is in each of them.
    private static (float[] Planes, double[] Unit) Run(Bitmap picture, JsonElement steps)
    {
        float[]? planes = null;
        double[] unit = [1, 1, 1];
        foreach (var step in steps.EnumerateArray())
        {
            switch (step.GetProperty("operation").GetString())
            {
                case "normalize":
                    var definition = new PreprocessingDefinition
                    {
                        Mean = Pictures.Numbers(step, "mean"),
                        Std = Pictures.Numbers(step, "std"),
                    };
                    unit = [.. definition.Std!.Select(deviation => 1 / 255.0 / deviation)];
                    planes = new float[picture.Pixels.Length];
                    Preprocessor.Normalize(picture.Pixels.Span, definition, planes);
                    break;
                case "erase":
                    Erase(planes!, picture, step);
                    break;
                default:
                    picture = Change(picture, step);
                    break;
            }
        }

        if (planes is null)
        {
            planes = new float[picture.Pixels.Length];
            Preprocessor.Normalize(picture.Pixels.Span, PreprocessingDefinition.Raw(3, 1, 1), planes);
        }

        return (planes, unit);
    }

    private static Bitmap Change(Bitmap picture, JsonElement step)
    {
        var size = (picture.Height, picture.Width, 3);
        var pixels = picture.Pixels.ToArray();
        switch (step.GetProperty("operation").GetString())
        {
            case "resized_crop":
                var (height, width) = (step.GetProperty("size")[0].GetInt32(), step.GetProperty("size")[1].GetInt32());
                pixels = new byte[height * width * 3];
                ResizedCrop.Run(picture, Box(step), height, width, Interpolation.Bilinear, pixels);
                return new Bitmap(width, height, 3, pixels);
            case "hflip":
                Flip.Horizontal(pixels, size);
                break;
            case "vflip":
                Flip.Vertical(pixels, size);
                break;
            case "rotate":
                Rotation.Run(
                    picture.Pixels.Span,
                    size,
                    step.GetProperty("degrees").GetDouble(),
                    step.GetProperty("fill") is { ValueKind: JsonValueKind.Array } fill
                        ? [.. fill.EnumerateArray().Select(value => value.GetByte())]
                        : new byte[3],
                    pixels
                );
                break;
            case "gaussian_blur":
                GaussianBlur.Run(
                    pixels,
                    size,
                    (step.GetProperty("kernel_width").GetInt32(), step.GetProperty("sigma_x").GetDouble()),
                    (step.GetProperty("kernel_height").GetInt32(), step.GetProperty("sigma_y").GetDouble())
                );
                break;
            case var operation:
                var quality = Enum.Parse<ColorQuality>(operation!["adjust_".Length..], ignoreCase: true);
                ColorOperations.Apply(new ColorChange(quality, step.GetProperty("factor").GetDouble()), pixels, 3);
                break;
        }

        return new Bitmap(picture.Width, picture.Height, 3, pixels);
    }

    private static void Erase(float[] planes, Bitmap picture, JsonElement step)
    {
        var values = Pictures.Numbers(step, "value")!;
        Augmenter.Erase(
            planes,
            (picture.Height, picture.Width, 3),
            Box(step),
            [.. Enumerable.Range(0, 3).Select(channel => (float)values[values.Length == 1 ? 0 : channel])]
        );
    }

    private static PixelBox Box(JsonElement step) =>
        new(
            step.GetProperty("top").GetInt32(),
            step.GetProperty("left").GetInt32(),
            step.GetProperty("height").GetInt32(),
            step.GetProperty("width").GetInt32()
        );
}
