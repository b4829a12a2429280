// An application of its own, with Model Service at /ml:
//   dotnet run --urls http://localhost:5000 --environment Development
//   curl http://localhost:5000/ml/v1/models -d '{"name": "pets", "base": "resnet18", "num_classes": 3, "seed": 1}' \
//     -H 'Content-Type: application/json'
//   curl http://localhost:5000/classify/pets --data-binary @photo.jpg -H 'Content-Type: image/jpeg'
using ModelService.Models.Errors;
using ModelService.Models.Prediction;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddModelService(builder.Configuration);
var app = builder.Build();

app.MapGet("/", () => "This application has its own routes, and Model Service at /ml/.");
app.MapModelService("/ml");
app.MapPost(
    "/classify/{model}",
    async (string model, Stream photo, IClassifier classifier, CancellationToken cancellation) =>
    {
        try
        {
            var found = await classifier.ClassifyAsync(model, photo, cancellation);
            return Results.Ok(found.Classes.Take(3));
        }
        catch (ServingException exception)
        {
            return Results.Problem(exception.Message, statusCode: 422, title: exception.Code.ToString());
        }
    }
);
app.Run();
