using ModelService.Models.Scheduling;

namespace ModelService.Models.Tests.Support;

/// <summary>
/// Models that compute on a device as the schedule has it, in milliseconds of a clock of their own. Turns beside the
/// regular ones share the cores, as the operating system would have it.
/// </summary>
internal sealed class SimulatedDevice(int atOnce)
{
    private const double Least = 1e-3;

    private readonly FairScheduler schedule = new(atOnce);
    private readonly List<Client> clients = [];
    private double now;

    private TimeSpan Now => TimeSpan.FromMilliseconds(now);

    private double Speed => Math.Min(1, (double)atOnce / clients.Count(client => client.Start is not null));

    /// <summary>A model for which inputs always wait.</summary>
    public SimulatedModel Flood(int weight, int turn, int threads = 1) =>
        Add(new SimulatedModel(weight, turn), pause: 0, threads);

    /// <summary>A model that one client asks, who comes back a while after each answer.</summary>
    public SimulatedModel Visit(int weight, int turn, int pause) =>
        Add(new SimulatedModel(weight, turn), pause, threads: 1);

    public void RunUntil(double end)
    {
        while (now < end)
        {
            foreach (var client in clients.Where(client => client.Asked is null && client.Next <= now))
                Ask(client);
            while (
                clients.Find(client =>
                    client is { Asked: not null, Start: null }
                    && schedule.Delay(client.Model.Share, Now) == TimeSpan.Zero
                )
                    is { } next
            )
            {
                (next.Start, next.Left) = (schedule.Begin(next.Model.Share, Now), next.Model.Turn);
            }

            // On to whatever happens next: somebody asks, has waited long enough, or is done.
            var step = Math.Max(Least, Math.Min(end - now, clients.Min(UntilItsNext)));
            foreach (var client in clients.Where(client => client.Start is not null))
            {
                client.Left -= step * Speed;
                client.Model.Computed += step * Speed;
            }

            now += step;
            foreach (var client in clients.Where(client => client is { Start: not null, Left: < Least }))
                End(client);
        }
    }

    private double UntilItsNext(Client client) =>
        client switch
        {
            { Start: not null } => client.Left / Speed,
            { Asked: not null } => schedule.Delay(client.Model.Share, Now)?.TotalMilliseconds ?? double.MaxValue,
            _ => client.Next - now,
        };

    private void Ask(Client client)
    {
        schedule.Ask(client.Model.Share, Now);
        client.Asked = now;
    }

    private void End(Client client)
    {
        client.Model.Latencies.Add(now - client.Asked!.Value);
        (client.Asked, client.Next) = (null, now + client.Pause);
        if (client.Pause == 0)
            Ask(client);
        schedule.End(client.Model.Share, client.Start!.Value, Now);
        client.Start = null;
    }

    private SimulatedModel Add(SimulatedModel model, int pause, int threads)
    {
        clients.AddRange(Enumerable.Range(0, threads).Select(_ => new Client(model, pause) { Next = now }));
        return model;
    }

    private sealed class Client(SimulatedModel model, int pause)
    {
        public SimulatedModel Model => model;

        public int Pause => pause;

        public double Next { get; set; }

        public double? Asked { get; set; }

        public TimeSpan? Start { get; set; }

        public double Left { get; set; }
    }
}

/// <summary>A model of a simulated device.</summary>
/// <param name="weight">Its weight.</param>
/// <param name="turn">Milliseconds of a turn that has the device for itself.</param>
internal sealed class SimulatedModel(int weight, int turn)
{
    public int Weight => weight;

    public int Turn => turn;

    public FlowState Share { get; } = new(weight);

    /// <summary>Milliseconds of the device that it got.</summary>
    public double Computed { get; set; }

    /// <summary>Milliseconds from wanting a turn to its end, of each turn.</summary>
    public List<double> Latencies { get; } = [];
}
