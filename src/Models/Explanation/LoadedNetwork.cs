using ModelService.Models.Backends;
using ModelService.Models.Graph;
using ModelService.Models.Registry;

namespace ModelService.Models.Explanation;

/// <summary>A version's tensors and plans while one explanation is computed, on one thread.</summary>
internal sealed class LoadedNetwork : IDisposable
{
    private readonly ParameterStore parameters;
    private readonly List<PlanLoan> loans = [];

    /// <summary>Takes the tensors of a version, or copies them to its GPU.</summary>
    /// <param name="lease">Keeps the version in memory; outlives this.</param>
    /// <param name="stored">The version's tensors on the CPU; borrowed, they outlive this.</param>
    /// <param name="graph">The network.</param>
    /// <param name="plans">Lends plans.</param>
    public LoadedNetwork(ModelLease lease, ParameterStore stored, Plan graph, PlanCache plans)
    {
        var execution = lease.Snapshot.Execution!;
        var device = ComputeDevice.Find(execution.Device);
        parameters =
            device.type == TorchSharp.DeviceType.CPU ? ParameterStore.Share(stored.StateDict) : stored.CopyTo(device);
        Explainer = new Explainer(graph, parameters, device, Find);

        IExecutor? Find(Plan part)
        {
            if (execution.Backend != Backend.Plan)
                return null;
            var atOnce = part.Output == graph.Output;
            if (plans.Borrow(lease.Worker, part, parameters, device, atOnce) is not { } loan)
                return null;
            loans.Add(loan);
            return loan.Plan;
        }
    }

    /// <summary>Explains with it.</summary>
    public Explainer Explainer { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        loans.ForEach(loan => loan.Dispose());
        parameters.Dispose();
    }
}
