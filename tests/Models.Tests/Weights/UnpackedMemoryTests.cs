using System.IO.Compression;
using System.Runtime.InteropServices;
using ModelService.Models.Tests.Backends;
using ModelService.Models.Weights;
using static ModelService.Models.Tests.Weights.Pickles;

namespace ModelService.Models.Tests.Weights;

/// <summary>
/// Compressed storages are unpacked to the disk, not to memory. The memory is the whole process's: nothing else runs
/// beside this.
/// </summary>
[Collection(nameof(Alone))]
[Measured]
public sealed class UnpackedMemoryTests
{
    private const int Count = 4 << 20;
    private const long MostGrowth = 16 << 20;

    private static readonly string[] Keys = ["0", "1", "2", "3"];

    [Fact]
    public void Open_CompressedStorages_TakesNoMemoryAndLeavesNothing()
    {
        // Random bits below one, so that hardly anything is gained by compressing.
        var numbers = new float[Count];
        TestSeed.Generator().NextBytes(MemoryMarshal.AsBytes(numbers.AsSpan()));
        for (var i = 0; i < Count; i++)
            numbers[i] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(numbers[i]) & 0x3fffffff);
        var storage = MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
        var folder = Directory.CreateTempSubdirectory("weights-");
        var path = Path.Combine(folder.FullName, "compressed.pth");
        using (var stream = File.Create(path))
        {
            var pickle = Whole(
                Dict([.. Keys.Select(key => (key, Pickles.Tensor(StorageOf(key, Count), [Count], [1])))])
            );
            Archives.Zip(
                stream,
                CompressionLevel.Fastest,
                [("a/data.pkl", pickle), .. Keys.Select(key => ($"a/data/{key}", storage))]
            );
        }

        var found = new float[Count];
        found.AsSpan().Fill(1);
        var before = Environment.WorkingSet;
        using (var weights = WeightsFile.Open(path, WeightsLimits.Default))
        {
            foreach (var tensor in weights.Tensors)
                tensor.CopyTo(found);

            Assert.InRange(Environment.WorkingSet - before, long.MinValue, MostGrowth);
            Assert.Equal(Keys, weights.Tensors.Select(tensor => tensor.Name));
        }

        Assert.Equal(numbers, found);
        Assert.Equal([path], Directory.GetFiles(folder.FullName));
        folder.Delete(recursive: true);
    }
}
