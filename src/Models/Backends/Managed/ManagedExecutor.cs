using ModelService.Models.Backends.Native;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.Managed;

/// <summary>
/// Computes a network of many small operators in float32 on the CPU without libtorch, whose calls cost more than such
/// operators' arithmetic (docs/decisions/0044). <see cref="Supports"/> says which plans it computes.
/// </summary>
internal sealed unsafe class ManagedExecutor : IExecutor
{
    // Of an operator, on average. A call of libtorch takes 20 to 50 microseconds beside the arithmetic, in which this
    // executor computes two million on one core.
    private const long MostMacs = 10_000_000;

    // Some 100 microseconds. Below this, waking another thread costs more than it saves.
    private const long LeastWorkOfThread = 300_000;

    private readonly ManagedProgram program;
    private readonly int inputCount;
    private readonly long[] outputSizes;
    private readonly long work;

    /// <summary>Prepares the steps and packs the weights.</summary>
    /// <param name="plan">A plan that <see cref="Supports"/> accepts.</param>
    /// <param name="parameters">The network's tensors; borrowed until this returns.</param>
    public ManagedExecutor(Plan plan, ParameterStore parameters)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        program = new ManagedProgram(plan, new FoldedWeights(parameters.StateDict, ScalarType.Float32));
        inputCount = (int)plan.Input.Shape.ElementCount;
        outputSizes = [.. plan.Output.Shape.Sizes];
        work = program.Work;
    }

    /// <summary>Whether it computes a plan: it has steps for all operators, and these are small.</summary>
    /// <param name="plan">The plan, see <see cref="PlanPasses.ForManaged"/>.</param>
    public static bool Supports(Plan plan) =>
        ManagedProgram.Supports(plan) && Macs(plan) <= MostMacs * plan.Operators.Count;

    /// <inheritdoc/>
    public Tensor Forward(Tensor input, IntraBatchPool? pool = null)
    {
        var count = (int)input.shape[0];
        var result = empty([count, .. outputSizes]);
        fixed (
            float* from = TensorMemory.Elements<float>(input),
                to = TensorMemory.Elements<float>(result)
        )
        {
            var batch = new Batch(program, from, inputCount, to, (int)(result.numel() / Math.Max(1, count)), count);
            var threads = pool is null ? 1 : (int)Math.Clamp(count * work / LeastWorkOfThread, 1, pool.Count);
            if (threads == 1)
                batch.Run(0, count);
            else
                batch.Run(pool!, threads);
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => program.Dispose();

    private static long Macs(Plan plan) => plan.Operators.OfType<WeightedOperator>().Sum(item => item.Macs);

    // The inputs of a batch: as many as there are threads are computed side by side, each in memory of its own; the
    // others by all threads together.
    private sealed class Batch(ManagedProgram program, float* from, int fromEach, float* to, int toEach, int count)
    {
        public void Run(int first, int end)
        {
            using var values = new FloatMemory(program.Length);
            for (var number = first; number < end; number++)
            {
                var frame = FrameOf(number, values);
                foreach (var step in program.Steps)
                    step.Compute(frame, 0, step.Units);
            }
        }

        public void Run(IntraBatchPool pool, int threads)
        {
            var each = threads == pool.Count ? count / threads : 0;
            if (each > 0)
                pool.Run(part => Run(part * each, (part + 1) * each));
            using var values = new FloatMemory(program.Length);
            for (var number = each * threads; number < count; number++)
                pool.Share(new StepTeam(program.Steps, FrameOf(number, values), threads).Run, threads);
        }

        private Frame FrameOf(int number, FloatMemory values) =>
            new(from + ((long)number * fromEach), to + ((long)number * toEach), values.Start);
    }
}
