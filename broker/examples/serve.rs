//! Serves a data directory on a port until a line or the end of the input arrives: `serve [data [port]]`.

use std::net::SocketAddr;

use corelane_broker::{ServeConfig, serve};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().unwrap_or_else(|| "data".to_owned());
    let port = arguments.next().map_or(Ok(9092), |port| port.parse())?;
    let broker = serve(ServeConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
        ..ServeConfig::new(data)
    })?;
    println!("listening on {}", broker.address());
    std::io::stdin().read_line(&mut String::new())?;
    broker.stop();
    Ok(())
}
