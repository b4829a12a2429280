using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Text;
using ModelService.Imaging.Augmentation;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Data;

/// <summary>Gives the inputs of training, image by image.</summary>
internal interface IInputs
{
    /// <summary>Sizes of one input.</summary>
    long[] Sizes { get; }

    /// <summary>Writes an input; called from several threads.</summary>
    /// <param name="image">The place of the image.</param>
    /// <param name="epoch">The epoch, from 0; it decides how the image is changed at random.</param>
    /// <param name="destination">Receives the input.</param>
    void Write(int image, long epoch, Span<float> destination);
}

/// <summary>Inputs that are pictures, changed at random.</summary>
/// <param name="pictures">The pictures; borrowed.</param>
/// <param name="ids">The hash of each image.</param>
/// <param name="sizes">Sizes of one input.</param>
/// <param name="seed">The seed; null: pictures are not changed.</param>
internal sealed class PictureInputs(Pictures pictures, IReadOnlyList<string> ids, long[] sizes, long? seed) : IInputs
{
    /// <inheritdoc/>
    public long[] Sizes => sizes;

    /// <inheritdoc/>
    public void Write(int image, long epoch, Span<float> destination)
    {
        if (seed is { } given)
            pictures.WriteAugmented(image, new AugmentationRandom(given, epoch, ids[image]), destination);
        else
            pictures.Write(image, destination);
    }
}

/// <summary>
/// The batches of an epoch. Their order is a pure function of the seed, the epoch and the images, so that a run can go
/// on in the middle of an epoch.
/// </summary>
/// <param name="inputs">Gives the inputs.</param>
/// <param name="images">Places of the images that are trained with.</param>
/// <param name="ids">The hash of each image of the run.</param>
/// <param name="labels">The class of each image of the run.</param>
/// <param name="size">Images of a batch.</param>
/// <param name="seed">The seed of the order; null: the images stay in their order, and none is left out.</param>
internal sealed class Batches(
    IInputs inputs,
    IReadOnlyList<int> images,
    IReadOnlyList<string> ids,
    IReadOnlyList<int> labels,
    int size,
    long? seed
)
{
    private (long Epoch, int[] Order) current = (-1, []);

    /// <summary>Batches of an epoch. A last one of a single image is left out: batch norm can't normalise it.</summary>
    public int Count { get; } =
        Math.Max(1, (images.Count / size) + (images.Count % size > 1 || images.Count < size ? 1 : 0));

    /// <summary>Makes the batch of a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="threads">Threads that make it.</param>
    /// <returns>The batch; the caller disposes it.</returns>
    public Batch Create(long step, int threads)
    {
        var (epoch, number) = Math.DivRem(step, Count);
        if (current.Epoch != epoch)
            current = (epoch, Order(epoch));
        var chosen = current.Order.Skip((int)number * size).Take(size).ToArray();
        var length = inputs.Sizes.Aggregate(1, (count, side) => count * (int)side);
        using var scope = NewDisposeScope();
        using var usual = inference_mode(false);
        var batch = empty([chosen.Length, .. inputs.Sizes], ScalarType.Float32);
        Parallel.ForEach(
            Partitioner.Create(0, chosen.Length, Math.Max(1, (chosen.Length + threads - 1) / threads)),
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            range =>
            {
                var memory = TensorMemory.Elements<float>(batch);
                for (var index = range.Item1; index < range.Item2; index++)
                    inputs.Write(chosen[index], epoch, memory.Slice(index * length, length));
            }
        );
        var classes = tensor(chosen.Select(image => (long)labels[image]).ToArray());
        return new Batch(batch.DetachFromDisposeScope(), classes.DetachFromDisposeScope());
    }

    private int[] Order(long epoch)
    {
        if (seed is not { } given)
            return [.. images];

        // The hash of an image decides its place: an image more does not change the order of the others.
        var key = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(key, given);
        BinaryPrimitives.WriteInt64LittleEndian(key.AsSpan(8), epoch);
        return
        [
            .. images
                .OrderBy(image => XxHash3.HashToUInt64([.. key, .. Encoding.ASCII.GetBytes(ids[image])]))
                .ThenBy(image => ids[image], StringComparer.Ordinal),
        ];
    }
}

/// <summary>Inputs and their classes.</summary>
/// <param name="Inputs"><c>[N, ...]</c>, float32, on the CPU.</param>
/// <param name="Labels"><c>[N]</c>, int64.</param>
internal sealed record Batch(Tensor Inputs, Tensor Labels) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Inputs.Dispose();
        Labels.Dispose();
    }
}
