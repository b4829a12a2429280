using System.IO.Compression;
using System.Text.Json.Nodes;
using ModelService.Imaging;
using ModelService.Models.Backends;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Training;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Tests.Training.Support;

/// <summary>A run in this process, without a server: a folder with a job, and real digits.</summary>
internal sealed class TrainingHarness : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("training").FullName;

    /// <summary>Writes a job with digits.</summary>
    /// <param name="model">The model.</param>
    /// <param name="definition">What is asked for.</param>
    /// <param name="perClass">Digits of each class.</param>
    /// <param name="isRandom">Whether the initial weights are random.</param>
    public TrainingHarness(ResolvedModel model, TrainingDefinition definition, int perClass, bool isRandom = true)
    {
        Job = new TrainingJob
        {
            Model = model,
            Definition = definition,
            Images = WriteImages(perClass),
            Imaging = new ImagingOptions(),
            Device = "cpu",
            Threads = 2,
            IsRandom = isRandom,
            HasHead = false,
        };
        using var initial = ParameterStore.Create(model.Analysis.StateDict, seed: 1, []);
        Checkpoint.Write(
            Path.Combine(folder, TrainingJob.InitialWeights),
            initial.StateDict,
            new Dictionary<string, string>()
        );
    }

    public TrainingJob Job { get; set; }

    public string Folder => folder;

    /// <summary>The events that were told.</summary>
    public IReadOnlyList<JsonNode> Events { get; private set; } = [];

    /// <summary>The lesson's network for digits.</summary>
    public static ResolvedModel Lesson() =>
        ResolvedModel.Read(
            System.Text.Json.JsonElement.Parse(
                """
                { "name": "digits",
                  "architecture": { "input": { "channels": 1, "height": 16, "width": 16 }, "layers": [
                    { "type": "conv2d", "out_channels": 16, "kernel_size": 3, "padding": 1 }, "relu",
                    { "type": "batch_norm2d" }, { "type": "max_pool2d", "kernel_size": 2 },
                    { "type": "conv2d", "out_channels": 32, "kernel_size": 3, "padding": 1 }, "relu",
                    { "type": "dropout", "p": 0.2 },
                    "flatten", { "type": "linear", "out_features": 10 } ] } }
                """.Replace("\"relu\"", "{ \"type\": \"relu\" }").Replace("\"flatten\"", "{ \"type\": \"flatten\" }")
            ),
            new ArchitectureLimits()
        );

    /// <summary>Trains.</summary>
    public TrainingResult Run(TextWriter? output = null, double secondsBetweenCheckpoints = 1)
    {
        using var text = new StringWriter();
        try
        {
            TrainingProcess.Train(
                Job,
                folder,
                TrainingProcess.CreateClock(Job),
                output ?? text,
                secondsBetweenCheckpoints
            );
        }
        finally
        {
            Events =
            [
                .. text.ToString()
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => JsonNode.Parse(line)!),
            ];
        }

        return System.Text.Json.JsonSerializer.Deserialize<TrainingResult>(
            File.ReadAllText(Path.Combine(folder, TrainingJob.Result)),
            TrainingJson.Options
        )!;
    }

    public byte[] Weights() => File.ReadAllBytes(Path.Combine(folder, TrainingJob.ResultWeights));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private List<JobImage> WriteImages(int perClass)
    {
        var path = Path.Combine(folder, "pack");
        using var pack = File.Create(path);
        using var zip = ZipFile.OpenRead(Fixtures.Path("digits.zip"));
        var images = new List<JobImage>();
        var counts = new Dictionary<(string, string), int>();
        foreach (var entry in zip.Entries.Where(entry => entry.Name.Length > 0).OrderBy(entry => entry.FullName))
        {
            var parts = entry.FullName.Split('/');
            var (split, label) = (parts[^3], parts[^2]);
            var count = counts[(split, label)] = counts.GetValueOrDefault((split, label)) + 1;
            if (count > perClass)
                continue;
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            var part =
                split == "test" ? ImagePart.Test
                : count % 5 == 0 ? ImagePart.Val
                : ImagePart.Train;
            var id = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes.ToArray()));
            images.Add(new JobImage(id, int.Parse(label), part, path, pack.Position, (int)bytes.Length));
            pack.Write(bytes.ToArray());
        }

        return images;
    }
}
