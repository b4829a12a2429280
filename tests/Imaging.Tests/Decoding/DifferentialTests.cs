using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using CsCheck;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Decoding;

/// <summary>
/// Damaged pictures through libvips, ImageSharp and Skia: each gives pixels or a refusal, in bounded time and memory,
/// and where several give pixels, they agree. The environment variable <c>FUZZ_PICTURES</c> sets the number.
/// </summary>
[Collection(nameof(HostileTests))]
[Measured]
public sealed class DifferentialTests(ITestOutputHelper output)
{
    private const long Megabyte = 1 << 20;
    private const int MaxPixels = 1_000_000;

    private static readonly string[] Files =
    [
        "chelsea_progressive.jpg",
        "chelsea_444.jpg",
        "exif_6.jpg",
        "clock_gray.jpg",
        "chelsea_portrait_small.png",
        "coffee_palette4.png",
        "rocket_interlaced.png",
        "coffee_animated.gif",
        "coffee_lossless.webp",
        "rocket.webp",
        "coffee.bmp",
    ];

    private static readonly int Count = int.Parse(
        Environment.GetEnvironmentVariable("FUZZ_PICTURES") ?? "400",
        CultureInfo.InvariantCulture
    );

    [Fact]
    public void Decode_MutatedPictures_ThreeDecodersAgreeOrRefuse()
    {
        var photos = Files.Select(file => Fixtures.Bytes("photos", file)).ToArray();
        var libvips = Pictures.Preprocessor(maxPixels: MaxPixels);
        var imageSharp = Pictures.Preprocessor(maxPixels: MaxPixels, decoder: DecoderLibrary.ImageSharp);
        var before = Environment.WorkingSet;
        var counts = new ConcurrentDictionary<string, int>();
        var slowest = 0L;

        // Half of the flips hit the first bytes, where the headers are.
        var position = Gen.Frequency((1, Gen.Double[0, 0.05]), (1, Gen.Double[0, 1]));
        var flips = Gen.Select(position, Gen.Int[0, 7]).Array[0, 4];
        var length = Gen.Frequency((4, Gen.Const(1.0)), (1, Gen.Double[0, 1]));
        Gen.Select(Gen.Int[0, photos.Length - 1], flips, length)
            .ForEach(
                Count,
                drawn =>
                {
                    var (file, changes, part) = drawn;
                    var mutant = photos[file][..(int)(photos[file].Length * part)];
                    foreach (var (place, bit) in mutant.Length == 0 ? [] : changes)
                        mutant[(int)(place * (mutant.Length - 1))] ^= (byte)(1 << bit);
                    var watch = Stopwatch.StartNew();
                    var opinions = new[]
                    {
                        ("libvips", Decode(mutant, libvips)),
                        ("imagesharp", Decode(mutant, imageSharp)),
                        ("skia", SkiaOpinion.Decode(mutant)),
                    };
                    InterlockedMax(ref slowest, watch.ElapsedMilliseconds);
                    var format = Path.GetExtension(Files[file]);
                    Add($"{format}: {string.Join('+', opinions.Where(o => o.Item2 is not null).Select(o => o.Item1))}");
                    for (var left = 0; left < 3; left++)
                    {
                        for (var right = left + 1; right < 3; right++)
                        {
                            if (opinions[left].Item2 is not { } one || opinions[right].Item2 is not { } other)
                                continue;
                            var pair = $"{format}: {opinions[left].Item1} and {opinions[right].Item1} ";
                            Add(pair + (AreAlike(one, other) ? "agree" : "differ"));
                        }
                    }
                }
            );

        foreach (var (name, count) in counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            output.WriteLine($"{count, 6} {name}");
        output.WriteLine(
            $"Slowest: {slowest} ms. Memory: {before / Megabyte} MB before, "
                + $"{Environment.WorkingSet / Megabyte} MB after."
        );
        Assert.InRange(counts.Where(Ends("differ")).Sum(Value), 0, 0.02 * counts.Where(Ends("agree")).Sum(Value));
        Assert.InRange(slowest, 0, 10_000);
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 400 * Megabyte);

        static Func<KeyValuePair<string, int>, bool> Ends(string word) =>
            pair => pair.Key.EndsWith(word, StringComparison.Ordinal);
        static int Value(KeyValuePair<string, int> pair) => pair.Value;
        void Add(string name) => counts.AddOrUpdate(name, 1, (_, count) => count + 1);
    }

    private static (int Width, int Height, byte[] Rgb)? Decode(
        byte[] encoded,
        Imaging.Preprocessing.Preprocessor preprocessor
    )
    {
        try
        {
            return Pictures.Decode(encoded, Pictures.AsStored with { ExifOrientation = false }, preprocessor);
        }
        catch (ImageException)
        {
            return null;
        }
    }

    private static bool AreAlike((int Width, int Height, byte[] Rgb) one, (int Width, int Height, byte[] Rgb) other) =>
        (one.Width, one.Height) == (other.Width, other.Height)
        && one.Rgb.Zip(other.Rgb, (a, b) => (long)Math.Abs(a - b)).Sum() <= 2L * one.Rgb.Length;

    private static void InterlockedMax(ref long target, long value)
    {
        for (var seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
            Interlocked.CompareExchange(ref target, value, seen);
    }
}
