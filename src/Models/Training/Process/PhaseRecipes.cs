using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using ModelService.Models.Training.Data;
using ModelService.Models.Training.Heads;
using ModelService.Models.Training.Optimization;

namespace ModelService.Models.Training.Process;

/// <summary>The numbers of each phase: those that the client gives, and defaults that suit the phase.</summary>
/// <param name="context">The run; borrowed.</param>
internal sealed class PhaseRecipes(TrainingContext context)
{
    // Enough for digits; more data need fewer epochs.
    private const long StepsFromScratch = 2000;

    private TrainingDefinition Definition => context.Job.Definition;

    public PhaseDefinition FromScratch()
    {
        var count = context[ImagePart.Train].Length;
        var size = Definition.BatchSize ?? (count < 5000 ? 64 : 128);
        var epochs = Definition.Budget?.Epochs ?? Math.Clamp(StepsFromScratch * size / count, 20, 200);
        return Describe(
            "scratch",
            context.Graph,
            _ => true,
            EagerMode.Training,
            new OptimizerDefinition { Type = OptimizerType.Adamw, Lr = 0.003 },
            new ScheduleDefinition { Type = ScheduleType.OneCycle, CycleMomentum = false }
        ) with
        {
            BatchSize = size,
            Epochs = epochs,
            Patience = Definition.Patience ?? Math.Max(10, epochs / 3),
            Objective = Objective(smoothing: 0, clip: null),
        };
    }

    public PhaseDefinition HeadByGradients(string head) =>
        Tuning(HeadPhase.Name, context.Graph, spec => spec.Layer == head, 1e-3, 0.5);

    public PhaseDefinition Tuning(
        string name,
        Plan graph,
        Func<TensorSpec, bool> isTrained,
        double rate,
        double share
    ) =>
        Describe(
            name,
            graph,
            isTrained,
            EagerMode.FineTuning,
            new OptimizerDefinition
            {
                Type = OptimizerType.Adamw,
                Lr = rate,
                WeightDecay = 0.05,
            },
            new ScheduleDefinition { Type = ScheduleType.Cosine }
        ) with
        {
            TimeShare = share,
        };

    private PhaseDefinition Describe(
        string name,
        Plan graph,
        Func<TensorSpec, bool> isTrained,
        EagerMode mode,
        OptimizerDefinition optimizer,
        ScheduleDefinition schedule
    ) =>
        new()
        {
            Name = name,
            Graph = graph,
            Train = new PictureInputs(
                context.Pictures,
                context.Ids,
                context.Sizes,
                context.IsAugmented ? Definition.Seed : null
            ),
            Val = new PictureInputs(context.Pictures, context.Ids, context.Sizes, seed: null),
            IsTrained = isTrained,
            Mode = mode,
            Optimizer = Definition.Optimizer ?? optimizer,
            Schedule = Definition.Schedule ?? schedule,
            Objective = Objective(smoothing: 0.1, clip: 1),
            BatchSize = Definition.BatchSize ?? 32,
            Epochs = Definition.Budget?.Epochs ?? 15,
            Patience = Definition.Patience ?? 5,
            TimeShare = 1,
        };

    private Objective Objective(double smoothing, double? clip) =>
        new()
        {
            LabelSmoothing = Definition.LabelSmoothing ?? smoothing,
            ClassWeights = context.ClassWeights,
            ClipNorm = Definition.ClipNorm ?? clip,
            EmaDecay = Definition.EmaDecay > 0 ? Definition.EmaDecay : null,
        };
}
