namespace ModelService.Models.Backends.Managed;

/// <summary>
/// One step of a network, in units that can be computed in any order and side by side. It owns what it keeps in native
/// memory.
/// </summary>
internal abstract class Step : IDisposable
{
    private readonly List<FloatMemory> owned = [];

    /// <summary>Into how many units the step can be divided.</summary>
    public abstract int Units { get; }

    /// <summary>Roughly the number of vectors that are loaded, computed or stored.</summary>
    public abstract long Work { get; }

    /// <summary>Computes some units.</summary>
    /// <param name="frame">The input that is computed.</param>
    /// <param name="first">The first unit.</param>
    /// <param name="end">The unit after the last one.</param>
    public abstract void Compute(Frame frame, int first, int end);

    /// <inheritdoc/>
    public void Dispose() => owned.ForEach(memory => memory.Dispose());

    /// <summary>Gives the step memory that it disposes.</summary>
    protected FloatMemory Own(FloatMemory memory)
    {
        owned.Add(memory);
        return memory;
    }
}

/// <summary>The memory in which one input is computed; borrowed.</summary>
/// <param name="input">The input, <c>[C, H, W]</c> or <c>[C]</c>.</param>
/// <param name="output">Receives the output, in the same order.</param>
/// <param name="values">All values between them, each at the place that it was given.</param>
internal readonly unsafe struct Frame(float* input, float* output, float* values)
{
    /// <summary>The input.</summary>
    public float* Input { get; } = input;

    /// <summary>Receives the output.</summary>
    public float* Output { get; } = output;

    /// <summary>A value.</summary>
    public float* At(Place place) => values + place.Offset;
}

/// <summary>Where a value lies in a <see cref="Frame"/>, and how.</summary>
/// <param name="Offset">The number at which it begins, a multiple of a vector's length.</param>
/// <param name="Layout">Its layout.</param>
internal readonly record struct Place(long Offset, NhwcLayout Layout);
