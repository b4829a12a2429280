using System.Text.Json.Nodes;

namespace ModelService.Api.Swagger;

/// <summary>Example bodies, which can be sent unchanged.</summary>
internal static class Examples
{
    /// <summary>A small CNN: convolution, ReLU and max-pooling twice, then two linear layers.</summary>
    public const string SeedNetwork = "A small CNN";

    /// <summary>A filter for lines and a ReLU.</summary>
    public const string LineDetection = "Line detection";

    /// <summary>A model with the small CNN.</summary>
    public const string SeedModel = "A network of your own";

    /// <summary>ResNet-50 with a head of 7 classes.</summary>
    public const string Pets = "ResNet-50 for 7 classes";

    /// <summary>A model derived from another one.</summary>
    public const string Derived = "The network of your own with 3 classes";

    /// <summary>A new version of a model, with a head of 3 classes.</summary>
    public const string NextVersion = "The same network with 3 classes";

    /// <summary>Version 1 pinned as the default.</summary>
    public const string Pin = "Version 1 is the default";

    /// <summary>All requests by version 1 of a model that has no other one.</summary>
    public const string Routes = "Version 1 answers every request";

    /// <summary>An image in base64.</summary>
    public const string OnePixelImage = "A 1x1 PNG";

    /// <summary>A data set of two classes.</summary>
    public const string CatsAndDogs = "Cats and dogs";

    /// <summary>Another label and split for an image.</summary>
    public const string Relabel = "Another label and split";

    /// <summary>An evaluation on the test split of a data set.</summary>
    public const string TestSplit = "On the test images of a data set";

    /// <summary>A training of a new model, from the pretrained base.</summary>
    public const string Training = "A minute, from the pretrained base";

    /// <summary>A training of the lesson's network from random weights.</summary>
    public const string TrainingFromScratch = "A network of one's own, from random weights";

    /// <summary>A key for a client that predicts.</summary>
    public const string NewKey = "For a client that predicts";

    private const string Network = """
        {
          "input": { "channels": 3, "height": 32, "width": 32 },
          "layers": [
            { "type": "conv2d", "out_channels": 6, "kernel_size": 3, "padding": 1 },
            { "type": "relu" },
            { "type": "max_pool2d", "kernel_size": 2, "stride": 2 },
            { "type": "conv2d", "out_channels": 12, "kernel_size": 3, "padding": 1 },
            { "type": "relu" },
            { "type": "max_pool2d", "kernel_size": 2, "stride": 2 },
            { "type": "flatten" },
            { "type": "linear", "out_features": 20 },
            { "type": "relu" },
            { "type": "linear", "out_features": 10 }
          ]
        }
        """;

    private static readonly Dictionary<string, string> Texts = new(StringComparer.Ordinal)
    {
        [SeedNetwork] = Network,
        [LineDetection] = """
            {
              "input": { "channels": 3, "height": 224, "width": 224 },
              "layers": [{ "type": "filter2d", "preset": "line_vertical" }, { "type": "relu" }]
            }
            """,
        [SeedModel] = $$"""{ "name": "lesson", "architecture": {{Network}}, "seed": 1 }""",
        [Pets] = """
            {
              "name": "pets", "base": "resnet50", "num_classes": 7, "seed": 1,
              "labels": ["beagle", "boxer", "chihuahua", "pug", "bengal", "persian", "siamese"]
            }
            """,
        [Derived] = """{ "name": "lesson3", "from": "lesson", "num_classes": 3, "labels": ["cat", "dog", "horse"] }""",
        [NextVersion] = """{ "num_classes": 3, "labels": ["cat", "dog", "horse"] }""",
        [Pin] = """{ "default_version": 1 }""",
        [Routes] = """{ "routes": { "1": 100 }, "stop": { "max_error_rate": 0.02 } }""",
        [CatsAndDogs] = """{ "name": "pets", "classes": ["cat", "dog"] }""",
        [Relabel] = """{ "label": "7", "split": "test" }""",
        [TestSplit] = """{ "dataset": "digits", "split": "test" }""",
        [Training] = """{ "dataset": "digits", "budget": { "seconds": 60 } }""",
        [TrainingFromScratch] = """
            { "dataset": "digits", "method": "scratch", "budget": { "seconds": 60 },
              "from": { "architecture": {
                "input": { "channels": 1, "height": 32, "width": 32 },
                "layers": [
                  { "type": "conv2d", "out_channels": 16, "kernel_size": 3, "padding": 1 },
                  { "type": "relu" },
                  { "type": "max_pool2d", "kernel_size": 2, "stride": 2 },
                  { "type": "conv2d", "out_channels": 32, "kernel_size": 3, "padding": 1 },
                  { "type": "relu" },
                  { "type": "max_pool2d", "kernel_size": 2, "stride": 2 },
                  { "type": "flatten" },
                  { "type": "linear", "out_features": 64 },
                  { "type": "relu" },
                  { "type": "linear", "out_features": 10 }
                ] } } }
            """,
        [NewKey] = """{ "name": "camera", "scopes": ["predict"] }""",
        [OnePixelImage] =
            """{ "images": ["iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+"""
            + """M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="] }""",
    };

    /// <summary>Returns an example by its name.</summary>
    public static JsonNode Get(string name) => JsonNode.Parse(Texts[name])!;
}
