var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
app.MapGet("/", () => TorchSharp.torch.zeros(2).ToString());
app.Run();
