using System.CommandLine;

namespace ModelService.Tool.Commands;

/// <summary>Shows the shapes, parameters and costs of a network, layer by layer.</summary>
internal static class AnalyzeCommand
{
    public static Command Create(Connection connection)
    {
        var network = new Argument<string>("network")
        {
            Description = "A JSON file with a network, or a predefined one such as resnet18.",
        };
        var command = new Command("analyze", "Shows the shapes, parameters and costs of each layer of a network.")
        {
            network,
        };
        command.SetAction(
            (parsed, cancellation) =>
                connection.RunAsync(
                    parsed,
                    session => RunAsync(session, parsed.GetRequiredValue(network), cancellation)
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(Session session, string network, CancellationToken cancellation)
    {
        var analysis = File.Exists(network)
            ? await session.Client.Architectures.AnalyzeAsync(Definitions.ReadNetwork(network), cancellation)
            : (await session.Client.Architectures.GetAsync(network, cancellation)).Analysis;
        session.Show(
            ["layer", "type", "#output", "#parameters", "#MACs"],
            analysis.Layers.Select(layer =>
                (string[])
                    [
                        layer.Key,
                        layer.Type,
                        Shape(layer.OutputShape ?? []),
                        Definitions.Number(layer.Parameters),
                        Definitions.Number(layer.Macs),
                    ]
            )
        );
        session.Print(
            $"{Shape(analysis.InputShape)} to {Shape(analysis.OutputShape)}: "
                + $"{Definitions.Number(analysis.Parameters)} parameters, {Definitions.Number(analysis.Macs)} MACs, "
                + $"{Definitions.Number(analysis.WeightBytes.Float32)} bytes of weights"
        );
        foreach (var warning in analysis.Warnings)
            session.Say($"{warning.Pointer}: {warning.Detail}");
        return ExitCode.Done;
    }

    private static string Shape(IReadOnlyList<long> sizes) => string.Join('x', sizes);
}
