#:package Microsoft.ML.OnnxRuntime
#:project ../../../src/Imaging/Imaging.csproj
#:property PublishAot=false

// features.json: what ONNX Runtime gives for the network of resnet18_mlnet (its output, the input of the head), for
// photos that this project preprocesses. The network takes blue before green before red.
// dotnet run generate.cs PATH/OF/ResNet18.onnx, in this folder.
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;
using ModelService.Imaging;
using ModelService.Imaging.Preprocessing;

const int Plane = 224 * 224;
var preprocessor = new Preprocessor(Options.Create(new ImagingOptions()));
using var session = new InferenceSession(args[0]);
var features = new Dictionary<string, float[]>();
foreach (var photo in (string[])["chelsea.png", "coffee.png", "rocket.png"])
{
    var rgb = new float[3 * Plane];
    preprocessor.Run(File.ReadAllBytes("../photos/" + photo), PreprocessingDefinition.ImageNetMean, rgb);
    float[] bgr = [.. rgb[(2 * Plane)..], .. rgb[Plane..(2 * Plane)], .. rgb[..Plane]];
    using var input = OrtValue.CreateTensorValueFromMemory(bgr, [1, 3, 224, 224]);
    using var outputs = session.Run(new RunOptions(), ["Input247"], [input], ["Pooling395_Output_0"]);
    features[photo] = [.. outputs[0].GetTensorDataAsSpan<float>()];
}

File.WriteAllText("features.json", JsonSerializer.Serialize(features));
