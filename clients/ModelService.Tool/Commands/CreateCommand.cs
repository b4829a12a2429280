using System.CommandLine;
using ModelService.Client;

namespace ModelService.Tool.Commands;

/// <summary>Makes a model.</summary>
internal static class CreateCommand
{
    public static Command Create(Connection connection)
    {
        var name = new Argument<string>("name") { Description = "The model's name." };
        var network = new Option<string?>("--base") { Description = "A predefined network, such as resnet50." };
        var from = new Option<string?>("--from") { Description = "A model to derive from, such as pets@1." };
        var file = new Option<string?>("--architecture") { Description = "A JSON file with a network of your own." };
        var classes = new Option<int?>("--classes") { Description = "The number of classes of a new head." };
        var labels = new Option<string?>("--labels")
        {
            Description = "A file with a label a line, or a list: cat,dog.",
        };
        var pretrained = new Option<bool>("--pretrained") { Description = "Begin with the weights of the base." };
        var weights = new Option<string?>("--weights")
        {
            Description = "A weights file: .pth, .safetensors and others.",
        };
        var partial = new Option<bool>("--allow-partial")
        {
            Description = "Leave tensors random that the weights file lacks.",
        };
        var seed = new Option<long?>("--seed") { Description = "The seed of random weights." };
        var command = new Command("create", "Makes a model of a predefined network, another model or your own network.")
        {
            name,
            network,
            from,
            file,
            classes,
            labels,
            pretrained,
            weights,
            partial,
            seed,
        };
        command.SetAction(
            (parsed, cancellation) =>
                connection.RunAsync(
                    parsed,
                    async session =>
                    {
                        var definition = new ModelDefinition
                        {
                            Name = parsed.GetRequiredValue(name),
                            Base = parsed.GetValue(network),
                            From = parsed.GetValue(from),
                            Architecture = parsed.GetValue(file) is { } path ? Definitions.ReadNetwork(path) : null,
                            NumClasses = parsed.GetValue(classes),
                            Labels = Definitions.ReadLabels(parsed.GetValue(labels)),
                            Pretrained = parsed.GetValue(pretrained) ? true : null,
                            Seed = parsed.GetValue(seed),
                        };
                        var upload = parsed.GetValue(weights) is { } tensors ? Upload.FromFile(tensors) : null;
                        var options = new WeightsOptions { AllowPartial = parsed.GetValue(partial) ? true : null };
                        Show(
                            session,
                            await session.Client.Models.CreateAsync(definition, upload, options, cancellation)
                        );
                        return ExitCode.Done;
                    }
                )
        );
        return command;
    }

    private static void Show(Session session, ModelResponse model) =>
        session.Show(
            ["model", "#version", "state", "weights"],
            [
                [
                    model.Name,
                    $"{model.Version}",
                    $"{model.State}".ToLowerInvariant(),
                    $"{model.Weights}".ToLowerInvariant(),
                ],
            ]
        );
}
