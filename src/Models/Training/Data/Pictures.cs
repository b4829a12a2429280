using ModelService.Imaging;
using ModelService.Imaging.Augmentation;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Data;

/// <summary>
/// The pictures of a run, decoded once: as the network sees them, and for random crops more of them. They lie in a file
/// without a name, so that the system's page cache decides how much of them stays in memory.
/// </summary>
internal sealed class Pictures : IDisposable
{
    private readonly FileStream file;
    private readonly PreprocessingDefinition preprocessing;
    private readonly AugmentationDefinition augmentation;
    private readonly Dictionary<(int Image, bool Whole), (long Offset, int Width, int Height)> places = [];
    private long end;

    /// <summary>An empty store of pictures.</summary>
    /// <param name="folder">The folder that the file is made in.</param>
    /// <param name="preprocessing">How pictures become the network's input.</param>
    /// <param name="augmentation">How pictures are changed at random.</param>
    public Pictures(string folder, PreprocessingDefinition preprocessing, AugmentationDefinition augmentation)
    {
        this.preprocessing = preprocessing;
        this.augmentation = augmentation;
        file = new FileStream(
            Path.Combine(folder, $"pictures-{Guid.NewGuid():N}.tmp"),
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.None,
            bufferSize: 0,
            FileOptions.DeleteOnClose
        );
    }

    /// <summary>Numbers of one input.</summary>
    public int InputLength => preprocessing.ChannelCount * Size.Height * Size.Width;

    private (int Height, int Width) Size => preprocessing.OutputSize!.Value;

    /// <summary>Decodes images.</summary>
    /// <param name="images">All images of the run.</param>
    /// <param name="threads">Threads that decode.</param>
    /// <param name="options">How pictures are decoded.</param>
    /// <param name="progress">Called with the number of images that are done, from any thread.</param>
    /// <returns>The places, in the list, of images that can't be read, with the reason.</returns>
    public IReadOnlyDictionary<int, string> Load(
        IReadOnlyList<JobImage> images,
        int threads,
        ImagingOptions options,
        Action<int> progress
    )
    {
        var preprocessor = new Preprocessor(Microsoft.Extensions.Options.Options.Create(options));
        var failures = new Dictionary<int, string>();
        var done = 0;
        Parallel.For(
            0,
            images.Count,
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            index =>
            {
                var image = images[index];
                try
                {
                    var bytes = ReadBytes(image);
                    Keep(index, whole: false, preprocessor.Prepare(bytes, preprocessing));
                    if (augmentation.NeedsWholePicture && image.Part == ImagePart.Train)
                        Keep(index, whole: true, preprocessor.Shrink(bytes, preprocessing, ShorterSide));
                }
                catch (Exception exception) when (exception is ImageException or IOException)
                {
                    lock (failures)
                        failures.Add(index, exception.Message);
                }

                progress(Interlocked.Increment(ref done));
            }
        );
        return failures;
    }

    /// <summary>Writes the input that serving would compute.</summary>
    /// <param name="image">Place of the image in the list.</param>
    /// <param name="destination">Receives <c>[C, H, W]</c>.</param>
    public void Write(int image, Span<float> destination) =>
        Preprocessor.Normalize(Find(image, whole: false).Pixels.Span, preprocessing, destination);

    /// <summary>Writes the input of a picture that is changed at random.</summary>
    /// <param name="image">Place of the image in the list.</param>
    /// <param name="random">The random numbers.</param>
    /// <param name="destination">Receives <c>[C, H, W]</c>.</param>
    public void WriteAugmented(int image, AugmentationRandom random, Span<float> destination)
    {
        var picture = Find(image, augmentation.NeedsWholePicture);
        var plan = AugmentationPlan.Draw(augmentation, (picture.Height, picture.Width), Size, random);
        Augmenter.Apply(picture, plan, preprocessing, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    // A crop of a third of the area is still shrunk, not enlarged.
    private int ShorterSide => (int)(Math.Min(Size.Height, Size.Width) * 1.5);

    private static byte[] ReadBytes(JobImage image)
    {
        using var handle = File.OpenHandle(image.Path);
        var bytes = new byte[image.Length];
        return RandomAccess.Read(handle, bytes, image.Offset) == bytes.Length
            ? bytes
            : throw new IOException("The file of the data set is shorter than it was.");
    }

    private void Keep(int image, bool whole, Bitmap picture)
    {
        long offset;
        lock (places)
        {
            offset = end;
            end += picture.Pixels.Length;
            places.Add((image, whole), (offset, picture.Width, picture.Height));
        }

        RandomAccess.Write(file.SafeFileHandle, picture.Pixels.Span, offset);
    }

    private Bitmap Find(int image, bool whole)
    {
        var (offset, width, height) = places[(image, whole)];
        var pixels = new byte[width * height * preprocessing.ChannelCount];
        for (var read = 0; read < pixels.Length; )
            read += RandomAccess.Read(file.SafeFileHandle, pixels.AsSpan(read), offset + read);
        return new Bitmap(width, height, preprocessing.ChannelCount, pixels);
    }
}
