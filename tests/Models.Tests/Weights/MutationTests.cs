using System.Diagnostics;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>
/// Damages valid files at random. Each must still open and be compared to a network, or be refused with
/// <c>weights_unreadable</c>, in little time and memory. A failure names the seed of its mutant.
/// </summary>
public sealed class MutationTests
{
    private const int Mutants = 20_000;
    private const long MostBytes = 64 << 20;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private static readonly long[] Interesting =
    [
        0,
        1,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0xffff,
        int.MaxValue,
        uint.MaxValue,
        1L << 40,
        long.MaxValue,
        long.MinValue,
        -1,
    ];

    private static readonly TensorSpec[] Tiny = [new("1.weight", [2, 16], false), new("1.bias", [2], false)];

    [Measured]
    [Fact]
    public void Open_RandomlyDamagedFile_OpensOrIsUnreadable()
    {
        var first = TestSeed.Get();
        var seeds = Seeds();
        var (opened, refused) = (0, 0);
        for (var seed = first; seed - first < Mutants; seed++)
        {
            if (Opens(Mutate(seeds, new Random(seed)), seed))
                opened++;
            else
                refused++;
        }

        // Both kinds come up, or the mutations are too weak or too wild to find anything.
        Assert.True(opened > Mutants / 100 && refused > Mutants / 100, $"{opened} opened, {refused} refused");
        TestContext.Current.TestOutputHelper?.WriteLine($"{opened} opened, {refused} refused");
    }

    private static bool Opens(byte[] content, int seed)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var time = Stopwatch.StartNew();
        var opens = false;
        try
        {
            using var file = WeightsFile.Open(MappedBytes.Borrow<byte>(content), WeightsLimits.Default);
            foreach (var tensor in file.Tensors.Where(tensor => tensor.ElementCount < 1 << 20))
                tensor.CopyTo(new float[tensor.ElementCount]);
            opens = true;
            StateDictMatch.Compare(Tiny, file.Tensors, skipped: file.Skipped).ThrowIfMismatched(allowPartial: true);
        }
        catch (ServingException error) when (opens && error.Code == ErrorCode.WeightsMismatch)
        {
            Assert.NotEmpty(error.Message);
        }
        catch (ServingException error) when (error.Code == ErrorCode.WeightsUnreadable)
        {
            Assert.NotEmpty(error.Message);
        }
        catch (Exception error)
        {
            Assert.Fail($"Mutant {seed}: {error}");
        }

        Assert.True(time.Elapsed < Longest, $"Mutant {seed} took {time.Elapsed}.");
        Assert.True(
            GC.GetAllocatedBytesForCurrentThread() - allocated < MostBytes,
            $"Mutant {seed} took too much memory."
        );
        return opens;
    }

    private static byte[] Mutate(List<byte[]> seeds, Random random)
    {
        var bytes = seeds[random.Next(seeds.Count)].ToList();
        for (var times = random.Next(1, 5); times > 0 && bytes.Count > 8; times--)
        {
            // Headers, directories and pickles are where the rules are, so the ends of a file are damaged more often.
            var at = random.Next(3) switch
            {
                0 => random.Next(Math.Min(bytes.Count, 600)),
                1 => bytes.Count - 1 - random.Next(Math.Min(bytes.Count, 400)),
                _ => random.Next(bytes.Count),
            };
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    var number = BitConverter
                        .GetBytes(Interesting[random.Next(Interesting.Length)])
                        .AsSpan(0, 1 << random.Next(4));
                    for (var i = 0; i < number.Length && at + i < bytes.Count; i++)
                        bytes[at + i] = number[i];
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                case 5:
                    var other = seeds[random.Next(seeds.Count)];
                    var from = random.Next(other.Length);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 60))]);
                    break;
                default:
                    bytes.RemoveRange(at, random.Next(4) == 0 ? bytes.Count - at : 1);
                    break;
            }
        }

        // An empty file is refused before a reader sees it.
        return bytes.Count == 0 ? [0] : [.. bytes];
    }

    private static List<byte[]> Seeds()
    {
        string[] names =
        [
            "control.pth",
            "control_legacy.pth",
            "control.safetensors",
            "control.dat",
            "checkpoint_args.pth",
            "numpy_scalar.pth",
        ];
        List<byte[]> seeds =
        [
            .. names.Select(name => File.ReadAllBytes(Path.Combine(WeightsFixtures.Folder, "hostile", name))),
        ];
        seeds.Add(File.ReadAllBytes(Path.Combine(WeightsFixtures.Folder, "conv3d", "conv3d.pth")));

        foreach (var name in (string[])["types.onnx", "order.onnx", "tiny.onnx", "skipped.onnx"])
            seeds.Add(Fixtures.Bytes("onnx", name));

        // Objects of unknown classes stand beside the weights of these.
        foreach (var name in (string[])["A3_fastai_learn_save.pth", "A3_misleading_whole_model.ckpt"])
            seeds.Add(File.ReadAllBytes(Path.Combine(WeightsFixtures.Folder, "..", "field", name)));
        seeds.Add(
            Archives.Zip(
                System.IO.Compression.CompressionLevel.Optimal,
                (
                    "a/data.pkl",
                    Pickles.Whole(Pickles.Dict(("w", Pickles.Tensor(Pickles.StorageOf("0", 64), [4, 4, 2], [1, 8, 4]))))
                ),
                ("a/data/0", new byte[256])
            )
        );
        seeds.Add(
            Pickles.Legacy(
                Pickles.Dict(("w", Pickles.Tensor(Pickles.StorageOf("0", 6, "HalfStorage"), [2, 3], [1, 2]))),
                ("0", 6, new byte[12])
            )
        );
        seeds.AddRange(seeds.Where(seed => seed[0] == 'P').Select(Archives.WithoutCrc).ToList());
        return seeds;
    }
}
