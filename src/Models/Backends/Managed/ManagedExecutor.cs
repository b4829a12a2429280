using System.Buffers;
using System.Runtime.InteropServices;
using ModelService.Models.Backends.Native;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.Managed;

/// <summary>
/// Computes a small network in float32 on the CPU without libtorch, whose calls cost more than such a network's
/// arithmetic (docs/decisions/0017). <see cref="Supports"/> says which plans it computes. It holds managed memory only.
/// </summary>
/// <remarks>
/// Each step reads one buffer and writes another. Pictures are laid out pixel by pixel, <c>[H, W, C]</c>. In the output
/// of a step, the channels of a pixel are padded to whole vectors. The input of a convolution has the zero padding
/// around it and no padding of channels, so that a row of the window is one run of numbers.
/// </remarks>
internal sealed class ManagedExecutor : IExecutor
{
    // Some 30 microseconds in this executor. A call of libtorch takes 2 to 10 microseconds beside the arithmetic.
    private const long MostMacs = 1_000_000;

    // Limit on each value. Pools and activations have no multiplications; their time depends on the elements that they
    // read.
    private const long MostElements = 1 << 16;

    private readonly List<(Step Compute, int Length)> steps = [];
    private readonly int largest;
    private readonly int inputCount;
    private readonly long[] outputSizes;

    /// <summary>Prepares the steps and copies the weights.</summary>
    /// <param name="plan">A plan that <see cref="Supports"/> accepts.</param>
    /// <param name="parameters">The network's tensors; borrowed until this returns.</param>
    public ManagedExecutor(Plan plan, ParameterStore parameters)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var weights = new FoldedWeights(parameters.StateDict, ScalarType.Float32);
        if (plan.Input.Shape.Rank == 3)
        {
            var input = NhwcLayout.From(plan.Input.Shape, isPadded: plan.Operators[0] is not ConvolutionOperator);
            Add(input.Length, input.FromPlanes);
        }

        foreach (var item in plan.Operators)
            Add(item, plan.Input, weights);
        if (plan.Output.Shape.Rank == 3)
            Add((int)plan.Output.Shape.ElementCount, NhwcLayout.From(plan.Output.Shape).ToPlanes);
        largest = steps.Select(step => step.Length).DefaultIfEmpty().Max();
        inputCount = (int)plan.Input.Shape.ElementCount;
        outputSizes = [.. plan.Output.Shape.Sizes];
    }

    private delegate void Step(ReadOnlySpan<float> from, Span<float> to);

    /// <summary>
    /// Whether it computes a plan: a chain of convolutions, linear layers, relu, max pools and flatten, few enough
    /// multiplications, and small values.
    /// </summary>
    /// <param name="plan">The plan, with norms folded in and activations fused.</param>
    public static bool Supports(Plan plan) =>
        plan.Operators.Count > 0
        && plan.Operators.All(IsSupported)
        && IsChain(plan)
        && plan.Operators.OfType<WeightedOperator>().Sum(item => item.Macs) <= MostMacs
        && plan.Operators.Select(item => item.Output)
            .Prepend(plan.Input)
            .All(value => value.Shape.ElementCount <= MostElements);

    private static bool IsSupported(Operator item) =>
        item switch
        {
            ConvolutionOperator { Kernel.Length: 2, Groups: 1 } convolution => IsReluOrNone(convolution.Activation),
            LinearOperator { Input.Shape.Rank: 1 } linear => IsReluOrNone(linear.Activation),
            ActivationOperator { Input.Shape.Rank: 1 or 3 } activation => IsReluOrNone(activation.Function),
            MaxPoolOperator { Geometry: { Rank: 2, CeilMode: false } window } => window.Padding.All(size => size == 0)
                && window.Dilation.All(gap => gap == 1),
            ReshapeOperator { Shape.Rank: 1, Input.Shape.Rank: 1 or 3 } => true,
            _ => false,
        };

    private static bool IsReluOrNone(ActivationFunction? function) => function is null or { Kind: ActivationKind.Relu };

    private static bool IsChain(Plan plan) =>
        plan
            .Operators.SelectMany(item => item.Inputs)
            .SequenceEqual(plan.Operators.SkipLast(1).Select(item => item.Output).Prepend(plan.Input));

    /// <inheritdoc/>
    /// <remarks>The inputs are computed one after another, by the thread that calls.</remarks>
    public Tensor Forward(Tensor input, IntraBatchPool? pool = null)
    {
        var from = MemoryMarshal.Cast<byte, float>(input.bytes);
        var count = from.Length / inputCount;
        var result = empty([count, .. outputSizes]);
        var to = MemoryMarshal.Cast<byte, float>(result.bytes);
        var each = to.Length / count;
        for (var i = 0; i < count; i++)
            Run(from.Slice(i * inputCount, inputCount), to.Slice(i * each, each));
        return result;
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private void Run(ReadOnlySpan<float> input, Span<float> output)
    {
        var buffer = ArrayPool<float>.Shared.Rent(2 * largest);
        try
        {
            var from = input;
            for (var i = 0; i < steps.Count; i++)
            {
                var to = buffer.AsSpan(i % 2 * largest, largest);
                steps[i].Compute(from, to);
                from = to[..steps[i].Length];
            }

            from[..output.Length].CopyTo(output);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }

    private void Add(int length, Step step) => steps.Add((step, length));

    private void Add(Operator item, Value planInput, FoldedWeights weights)
    {
        switch (item)
        {
            case ConvolutionOperator convolution:
                AddConvolution(convolution, isInputPadded: convolution.Input != planInput, weights);
                break;
            case LinearOperator linear:
                var (matrix, bias) = PackedWeights(linear, weights, taps: 1);
                var isRelu = linear.Activation is not null;
                Add(bias.Length, (from, to) => SimdKernels.Multiply(from, matrix, bias, isRelu, to));
                break;
            case ActivationOperator { Function.Kind: ActivationKind.Relu }:
                Add(
                    LengthOf(item.Output.Shape),
                    static (from, to) =>
                    {
                        for (var i = 0; i < from.Length; i++)
                            to[i] = float.Max(from[i], 0);
                    }
                );
                break;
            case MaxPoolOperator { Geometry: var geometry }:
                var (whole, pooled) = (NhwcLayout.From(item.Input.Shape), NhwcLayout.From(item.Output.Shape));
                var (window, stride) = (Pair(geometry.Kernel), Pair(geometry.Stride));
                Add(pooled.Length, (from, to) => SimdKernels.Pool(from, whole, window, stride, pooled, to));
                break;
            case ReshapeOperator:
                if (item.Input.Shape.Rank == 3)
                    Add((int)item.Output.Shape.ElementCount, NhwcLayout.From(item.Input.Shape).ToPlanes);
                break;
            default:
                throw new InvalidOperationException(
                    $"{nameof(ManagedExecutor)} does not compute {item.GetType().Name}."
                );
        }
    }

    private void AddConvolution(ConvolutionOperator item, bool isInputPadded, FoldedWeights weights)
    {
        var (input, output) = (NhwcLayout.From(item.Input.Shape, isInputPadded), NhwcLayout.From(item.Output.Shape));
        var (height, width) = Pair(item.Padding);
        var padded = new NhwcLayout(
            input.Channels,
            input.Height + (2 * height),
            input.Width + (2 * width),
            Stride: input.Channels
        );
        if (padded != input)
            Add(padded.Length, (from, to) => input.CopyInto(padded, height, width, from, to));

        // A window reads runs of adjacent numbers: one for each row, or one for each pixel if dilation leaves gaps.
        var (rows, columns) = Pair(item.Kernel);
        var (down, across) = Pair(item.Dilation);
        var (perRow, run) = across == 1 ? (1, columns * padded.Channels) : (columns, padded.Channels);
        var window = new WindowOffsets(
            [
                .. from y in Enumerable.Range(0, rows)
                from x in Enumerable.Range(0, perRow)
                select ((y * down * padded.Width) + (x * across)) * padded.Stride,
            ],
            run
        );
        var (kernels, bias) = PackedWeights(item, weights, rows * columns);
        var (stride, isRelu) = (Pair(item.Stride), item.Activation is not null);
        Add(
            output.Length,
            (from, to) => SimdKernels.Convolve(from, padded, window, stride, kernels, bias, isRelu, output, to)
        );
    }

    // The weights [O, I, ...taps] in the order [O / lanes][tap][I][lane], and the bias. Outputs are padded with zeros
    // to whole vectors.
    private static (float[] Weights, float[] Bias) PackedWeights(WeightedOperator item, FoldedWeights folded, int taps)
    {
        var plain = ToArray(folded.Get(new WeightTensor(item.Weights, IsFloat32: true)));
        var outputs = (int)(item.Output.Shape.Sizes[0]);
        var inputs = plain.Length / outputs / taps;
        var weights = new float[SimdKernels.RoundUp(outputs) * inputs * taps];
        for (var i = 0; i < plain.Length; i++)
        {
            var (output, input, tap) = (i / (inputs * taps), i / taps % inputs, i % taps);
            weights[
                ((((output / SimdKernels.Lanes * taps) + tap) * inputs) + input) * SimdKernels.Lanes
                    + (output % SimdKernels.Lanes)
            ] = plain[i];
        }

        var bias = new float[SimdKernels.RoundUp(outputs)];
        if (item.Weights.HasBias)
            ToArray(folded.Get(new BiasTensor(item.Weights, IsFloat32: true))).CopyTo(bias, 0);
        return (weights, bias);
    }

    private static float[] ToArray(Tensor tensor) =>
        TensorMemory.Elements<float>(TensorMemory.OnHost(tensor)).ToArray();

    private static (int First, int Second) Pair(long[] sizes) => ((int)sizes[0], (int)sizes[1]);

    private static int LengthOf(Shape shape) =>
        shape.Rank == 3 ? NhwcLayout.From(shape).Length : SimdKernels.RoundUp((int)shape.ElementCount);
}
