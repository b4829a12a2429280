using System.Buffers;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;

namespace ModelService.Models.Backends.Managed;

/// <summary>
/// Computes a small network (<see cref="SelectManagedBackend"/>) in float32 without libtorch, one input after another.
/// Several threads may run it at once.
/// </summary>
/// <remarks>
/// Each step reads one buffer and writes another. Pictures are laid out pixel by pixel, <c>[H, W, C]</c>. In the output
/// of a step, the channels of a pixel are padded to whole vectors. The input of a convolution has the zero padding
/// around it and no padding of channels, so that a row of the window is one run of numbers.
/// </remarks>
internal sealed class ManagedPlan
{
    private readonly List<(Step Compute, int Length)> steps = [];
    private readonly int largest;

    /// <summary>Prepares the steps.</summary>
    /// <param name="plan">A plan with <see cref="Plan.IsManaged"/>.</param>
    /// <param name="weights">The plan's weights; borrowed until this returns.</param>
    public ManagedPlan(Plan plan, FoldedWeights weights)
    {
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
        InputCount = (int)plan.Input.Shape.ElementCount;
    }

    private delegate void Step(ReadOnlySpan<float> from, Span<float> to);

    /// <summary>Elements of one input.</summary>
    public int InputCount { get; }

    /// <summary>Computes one input.</summary>
    /// <param name="input">Row-major, <c>[C, H, W]</c> or <c>[features]</c>.</param>
    /// <param name="output">Receives the scores.</param>
    public void Run(ReadOnlySpan<float> input, Span<float> output)
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
                AddConvolution(convolution, isInputPadded: item.Inputs[0] != planInput, weights);
                break;
            case LinearOperator linear:
                var (matrix, bias) = PackedWeights(linear, weights, taps: 1);
                var isRelu = linear.Activation is not null;
                Add(bias.Length, (from, to) => SimdKernels.Multiply(from, matrix, bias, isRelu, to));
                break;
            case ActivationOperator:
                Add(
                    LengthOf(item.Output.Shape),
                    static (from, to) =>
                    {
                        for (var i = 0; i < from.Length; i++)
                            to[i] = float.Max(from[i], 0);
                    }
                );
                break;
            case CallOperator { Function: "max_pool2d", Arguments: [_, long[] kernel, long[] stride, ..] }:
                var (whole, pooled) = (NhwcLayout.From(item.Inputs[0].Shape), NhwcLayout.From(item.Output.Shape));
                Add(pooled.Length, (from, to) => SimdKernels.Pool(from, whole, Pair(kernel), Pair(stride), pooled, to));
                break;
            case CallOperator { Function: "flatten" }:
                if (item.Inputs[0].Shape.Rank == 3)
                    Add((int)item.Output.Shape.ElementCount, NhwcLayout.From(item.Inputs[0].Shape).ToPlanes);
                break;
            default:
                throw new InvalidOperationException($"{item.GetType().Name} is not an operator of a small network.");
        }
    }

    private void AddConvolution(ConvolutionOperator item, bool isInputPadded, FoldedWeights weights)
    {
        var (input, output) = (
            NhwcLayout.From(item.Inputs[0].Shape, isInputPadded),
            NhwcLayout.From(item.Output.Shape)
        );
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
        var outputs = (int)(item is LinearOperator ? item.Output.Shape.Sizes[^1] : item.Output.Shape.Sizes[0]);
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

    private static float[] ToArray(TorchSharp.torch.Tensor tensor) =>
        TensorMemory.Elements<float>(TensorMemory.OnHost(tensor)).ToArray();

    private static (int First, int Second) Pair(long[] sizes) => ((int)sizes[0], (int)sizes[1]);

    private static int LengthOf(Shape shape) =>
        shape.Rank == 3 ? NhwcLayout.From(shape).Length : SimdKernels.RoundUp((int)shape.ElementCount);
}
