using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelService.Models.Backends.Managed;

/// <summary>A function of single elements, whose units are pixels.</summary>
/// <param name="to">The output.</param>
internal abstract class ElementStep(Place to) : Step
{
    /// <inheritdoc/>
    public override int Units => To.Layout.Pixels;

    /// <inheritdoc/>
    public override long Work => 3 * To.Layout.Length / NhwcLayout.Lanes;

    /// <summary>The output.</summary>
    protected Place To { get; } = to;
}

/// <summary>An activation by itself.</summary>
/// <param name="from">The input.</param>
/// <param name="to">The output.</param>
/// <param name="activation">The activation.</param>
internal sealed unsafe class ActivationStep(Place from, Place to, VectorActivation activation) : ElementStep(to)
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Compute(Frame frame, int first, int end)
    {
        unchecked
        {
            nint begin = first * To.Layout.Stride;
            nint length = (end - first) * To.Layout.Stride;
            float* input = frame.At(from) + begin,
                output = frame.At(To) + begin;
            for (nint i = 0; i < length; i += NhwcLayout.Lanes)
                activation.Clamp.Apply(Vector512.Load(input + i)).Store(output + i);
            if (activation.IsFunction)
                activation.Apply(output, (end - first) * To.Layout.Vectors);
        }
    }
}

/// <summary>The sum of two values of one shape.</summary>
/// <param name="left">One.</param>
/// <param name="right">The other one.</param>
/// <param name="to">The output.</param>
internal sealed unsafe class AddStep(Place left, Place right, Place to) : ElementStep(to)
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Compute(Frame frame, int first, int end)
    {
        unchecked
        {
            nint begin = first * To.Layout.Stride;
            nint length = (end - first) * To.Layout.Stride;
            float* a = frame.At(left) + begin,
                b = frame.At(right) + begin,
                output = frame.At(To) + begin;
            for (nint i = 0; i < length; i += NhwcLayout.Lanes)
                (Vector512.Load(a + i) + Vector512.Load(b + i)).Store(output + i);
        }
    }
}

/// <summary>The product of a picture and another one, or of each pixel and the one pixel of a gate.</summary>
/// <param name="from">The picture.</param>
/// <param name="factors">The other one, or the pixel.</param>
/// <param name="to">The output.</param>
internal sealed unsafe class MultiplyStep(Place from, Place factors, Place to) : ElementStep(to)
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Compute(Frame frame, int first, int end)
    {
        unchecked
        {
            nint pixel = To.Layout.Stride;
            nint step = factors.Layout.Pixels == 1 ? 0 : pixel;
            float* input = frame.At(from) + (first * pixel),
                factor = frame.At(factors) + (first * step),
                output = frame.At(To) + (first * pixel);
            for (var i = first; i < end; i++)
            {
                for (nint channel = 0; channel < pixel; channel += NhwcLayout.Lanes)
                    (Vector512.Load(input + channel) * Vector512.Load(factor + channel)).Store(output + channel);
                input += pixel;
                output += pixel;
                factor += step;
            }
        }
    }
}
